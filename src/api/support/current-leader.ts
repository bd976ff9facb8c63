// Who leads a partition, told beside the error to a client that asked another broker (KIP-951).
import type { MetadataImage } from '../../metadata/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import { brokerAddresses } from './reachable-brokers.ts'

interface WithLeader {
  readonly currentLeader?: { readonly leaderId?: number; readonly leaderEpoch?: number }
}

const TOLD_WITH: ReadonlySet<number> = new Set([ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH])

export const currentLeader = {
  /** The field of a partition's result; nothing where the error is another. */
  inPartition(image: MetadataImage, topic: string, partition: number, errorCode: number): WithLeader {
    const registration = TOLD_WITH.has(errorCode) ? image.partition(topic, partition) : undefined
    if (registration === undefined) return {}
    return { currentLeader: { leaderId: registration.leader, leaderEpoch: registration.leaderEpoch } }
  },

  /** The addresses of the leaders that the results name. */
  endpoints(image: MetadataImage, results: readonly (readonly WithLeader[])[], listenerName: string) {
    const leaders = new Set<number>()
    for (const ofTopic of results) {
      for (const { currentLeader } of ofTopic) {
        if (currentLeader?.leaderId !== undefined) leaders.add(currentLeader.leaderId)
      }
    }
    return brokerAddresses(image, listenerName)
      .filter(({ brokerId }) => leaders.has(brokerId))
      .map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }))
  },
}
