// The differences that are known and meant, each with its reason.
import type { Difference } from './compare.ts'
import type { Exchange } from './recorder.ts'

export interface Expected {
  readonly reason: string
  covers(exchange: Exchange, difference: Difference): boolean
}

export const expected: readonly Expected[] = [
  {
    reason:
      'ApiVersions lists what is built: transactions, KIP-848, share and streams groups, security and quorum APIs are not there yet',
    covers: ({ api }, { path, odradek }) =>
      api === 'ApiVersions' && path.startsWith('apiKeys') && odradek === undefined,
  },
  {
    reason: 'the documentation of a config is our own text',
    covers: ({ api }, { path }) => api === 'DescribeConfigs' && path.endsWith('.documentation'),
  },
]
