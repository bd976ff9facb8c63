// What the coordinator reads of the consumers' own protocol: the topics a subscription names.
import { ConsumerProtocolSubscription, DecodeError, Reader, read } from '../wire/index.ts'

export const CONSUMER_PROTOCOL_TYPE = 'consumer'

/** Version 0 is the base of all versions, so every subscription is read as that. */
const BASE_VERSION = 0

/** The topics of a subscription; undefined where the bytes are none. */
export function subscribedTopics(subscription: Buffer): readonly string[] | undefined {
  try {
    if (subscription.length < 2 || subscription.readInt16BE(0) < BASE_VERSION) return undefined
    return read(ConsumerProtocolSubscription, BASE_VERSION, new Reader(subscription, 2)).topics
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
