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

/** What is left out of ApiVersions, and why. */
export const notBuilt: readonly { readonly reason: string; readonly apis: readonly ApiName[] }[] = [
  {
    reason: 'share and streams groups are not built yet',
    apis: [
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
    ],
  },
  {
    reason: 'SASL, ACLs, delegation tokens and quotas are not built yet',
    apis: [
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
    ],
  },
]

export const expected: readonly Expected[] = [
  ...notBuilt.map(({ reason, apis: names }) => ({ reason, covers: leftOut(names) })),
  {
    reason: 'the documentation of a config is our own text',
    covers: ({ api }, { path, odradek }) =>
      api === 'DescribeConfigs' && path.endsWith('.documentation') && odradek !== undefined,
  },
]
