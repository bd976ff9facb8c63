// FindCoordinator, key 10: which broker looks after a group, a transactional id, or a share partition's state.
//
// It creates the internal topic where that is missing, and says COORDINATOR_NOT_AVAILABLE until its leader is there.
//
// v1 the key's type (0 a group, 1 a transactional id), an error message ("NONE" where there is no error), throttleTimeMs
// v3 flexible; v4 many keys in one request, an error for each (KIP-699)
// v5 clients know TRANSACTION_ABORTABLE (KIP-890)
// v6 share partitions, type 2: `groupId:topicId:partition` (KIP-932)
import {
  type AutoTopicCreation,
  CONSUMER_OFFSETS,
  type MetadataImage,
  SHARE_GROUP_STATE,
  TRANSACTION_STATE,
} from '../metadata/index.ts'
import { apis, type Draft, ErrorCode, type ErrorName, errorName, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { reachableBrokers } from './support/reachable-brokers.ts'

type Response = Draft<typeof apis.FindCoordinator.response>

/** A coordinator that keeps its keys in the partitions of an internal topic. */
export interface KeyedCoordinator {
  partitionFor(key: string): number
}

interface Coordinator {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
}

const KeyType = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const
const BATCHED_VERSION = 4
const SHARE_VERSION = 6

/** Kafka's own texts for these errors; it sends them here though nobody said anything. */
const messages: Partial<Record<ErrorName, string>> = {
  NONE: 'NONE',
  COORDINATOR_NOT_AVAILABLE: 'The coordinator is not available.',
  INVALID_REQUEST:
    'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
  UNKNOWN_SERVER_ERROR: 'The server experienced an unexpected error when processing the request.',
}

export function findCoordinatorApi(rooms: {
  image: MetadataImage
  autoTopicCreation: AutoTopicCreation
  groups: KeyedCoordinator
  /** Left out where this broker has no such coordinator: its keys have none then, for now. */
  transactions?: KeyedCoordinator
  shares?: KeyedCoordinator
}): ApiHandler {
  const { image, autoTopicCreation } = rooms

  return defineApi(
    apis.FindCoordinator,
    { min: 0, max: 6 },
    ({ apiVersion, connection: { listenerName } }, { keyType, key, coordinatorKeys }): Response => {
      const find = (wanted: string): Coordinator => coordinatorOf(keyType, wanted, apiVersion, listenerName)
      if (apiVersion < BATCHED_VERSION) return withMessage(find(key))
      return { coordinators: coordinatorKeys.map((wanted) => ({ key: wanted, ...find(wanted) })) }
    },
    ({ coordinatorKeys }, code, _message, { apiVersion }) => {
      if (apiVersion < BATCHED_VERSION) return withMessage(none(code))
      return { coordinators: coordinatorKeys.map((key) => ({ key, ...withMessage(none(code)) })) }
    },
  )

  function coordinatorOf(keyType: number, key: string, apiVersion: number, listenerName: string): Coordinator {
    switch (keyType) {
      case KeyType.GROUP:
        return leaderOf(CONSUMER_OFFSETS, rooms.groups, key, listenerName)
      case KeyType.TRANSACTION:
        return leaderOf(TRANSACTION_STATE, rooms.transactions, key, listenerName)
      case KeyType.SHARE:
        if (apiVersion < SHARE_VERSION || !isShareKey(key)) return none(ErrorCode.INVALID_REQUEST)
        return leaderOf(SHARE_GROUP_STATE, rooms.shares, key, listenerName)
      default:
        throw new KafkaError('INVALID_REQUEST', `Unknown coordinator type received: ${keyType}`)
    }
  }

  function leaderOf(topic: string, room: KeyedCoordinator | undefined, key: string, listenerName: string): Coordinator {
    if (room === undefined) return none(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    if (image.topicByName(topic) === undefined) autoTopicCreation.create([topic])
    const leader = image.partition(topic, room.partitionFor(key))?.leader
    const broker = reachableBrokers(image, listenerName).find(({ brokerId }) => brokerId === leader)
    if (broker === undefined) return none(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return { nodeId: broker.brokerId, host: broker.host, port: broker.port, errorCode: ErrorCode.NONE }
  }
}

function none(errorCode: number): Coordinator {
  return { nodeId: -1, host: '', port: -1, errorCode }
}

function withMessage(coordinator: Coordinator): Coordinator & { errorMessage: string | null } {
  const name = errorName(coordinator.errorCode)
  return { ...coordinator, errorMessage: name === undefined ? null : (messages[name] ?? null) }
}

/** `groupId:topicId:partition`, where the group id may have colons of its own. */
function isShareKey(key: string): boolean {
  const parts = /^(.*):([A-Za-z0-9_-]{22}(?:==)?):([+-]?\d+)$/s.exec(key)
  if (parts === null) return false
  const [, groupId = '', , partition] = parts
  return groupId.trim() !== '' && Number(partition) === (Number(partition) | 0)
}
