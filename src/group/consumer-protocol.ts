// What the coordinator reads and writes of the protocol that classic consumers have among themselves: subscriptions and
// assignments, each an int16 version before its message.
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  DecodeError,
  encode,
  Reader,
  read,
} from '../wire/index.ts'

export const CONSUMER_PROTOCOL_TYPE = 'consumer'

const PREFIX_SIZE = 2
/** Version 0 is the base of all versions: what it says is said in all of them, in the same place. */
const BASE_VERSION = 0
const LATEST_VERSION = 3

/** The topics of a subscription; undefined where the bytes are none. */
export function subscribedTopics(subscription: Buffer): readonly string[] | undefined {
  try {
    versionOf(subscription)
    return read(ConsumerProtocolSubscription, BASE_VERSION, new Reader(subscription, PREFIX_SIZE)).topics
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** Throws a DecodeError where the bytes are none. */
export function readSubscription(subscription: Buffer): ConsumerProtocolSubscription {
  return read(ConsumerProtocolSubscription, readableVersion(subscription), new Reader(subscription, PREFIX_SIZE))
}

/** Throws a DecodeError where the bytes are none. */
export function readAssignment(assignment: Buffer): ConsumerProtocolAssignment {
  return read(ConsumerProtocolAssignment, readableVersion(assignment), new Reader(assignment, PREFIX_SIZE))
}

/** In the version of that subscription, as far as it is known. Throws a DecodeError where the subscription is none. */
export function writeAssignment(
  assignedPartitions: ConsumerProtocolAssignment['assignedPartitions'],
  subscription: Buffer,
): Buffer {
  const version = readableVersion(subscription)
  const prefix = Buffer.alloc(PREFIX_SIZE)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, encode(ConsumerProtocolAssignment, version, { assignedPartitions, userData: null })])
}

/** A later version than the latest known is read as that. */
function readableVersion(bytes: Buffer): number {
  return Math.min(versionOf(bytes), LATEST_VERSION)
}

function versionOf(bytes: Buffer): number {
  if (bytes.length < PREFIX_SIZE) throw new DecodeError('Could not read the version of the consumer protocol')
  const version = bytes.readInt16BE(0)
  if (version < BASE_VERSION) throw new DecodeError(`Unknown version ${version} of the consumer protocol`)
  return version
}
