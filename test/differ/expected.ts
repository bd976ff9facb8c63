// The differences that are known and meant, each with its reason.
import { type ApiName, apis } from '../../src/wire/index.ts'
import type { Difference } from './compare.ts'
import type { Exchange } from './recorder.ts'

export interface Expected {
  readonly reason: string
  covers(exchange: Exchange, difference: Difference): boolean
}

/** An API is left out of ApiVersions, where Kafka lists it. */
function leftOut(names: readonly ApiName[]): Expected['covers'] {
  const paths = new Set(names.map((name) => `apiKeys[${apis[name].key}]`))
  return ({ api }, { path, odradek }) => api === 'ApiVersions' && paths.has(path) && odradek === undefined
}

export const expected: readonly Expected[] = [
  {
    reason: 'share and streams groups are not built yet',
    covers: leftOut([
      'ShareGroupHeartbeat',
      'ShareGroupDescribe',
      'ShareFetch',
      'ShareAcknowledge',
      'InitializeShareGroupState',
      'ReadShareGroupState',
      'WriteShareGroupState',
      'DeleteShareGroupState',
      'ReadShareGroupStateSummary',
      'DescribeShareGroupOffsets',
      'AlterShareGroupOffsets',
      'DeleteShareGroupOffsets',
      'StreamsGroupHeartbeat',
      'StreamsGroupDescribe',
    ]),
  },
  {
    reason: 'SASL, ACLs, delegation tokens and quotas are not built yet',
    covers: leftOut([
      'SaslHandshake',
      'SaslAuthenticate',
      'DescribeAcls',
      'CreateAcls',
      'DeleteAcls',
      'CreateDelegationToken',
      'RenewDelegationToken',
      'ExpireDelegationToken',
      'DescribeDelegationToken',
      'DescribeClientQuotas',
      'AlterClientQuotas',
      'DescribeUserScramCredentials',
      'AlterUserScramCredentials',
    ]),
  },
  {
    reason: 'a quorum of one has no voters to add or remove',
    covers: leftOut(['AddRaftVoter', 'RemoveRaftVoter']),
  },
  {
    reason: 'a broker with one log directory has no other to move a replica to',
    covers: leftOut(['AlterReplicaLogDirs']),
  },
  {
    reason: 'the documentation of a config is our own text',
    covers: ({ api }, { path, odradek }) =>
      api === 'DescribeConfigs' && path.endsWith('.documentation') && odradek !== undefined,
  },
]
