// Which behaviour tests are checks, under which head; and which are none, and why. Every file of test/compat is in one
// of the two lists.
import { collect } from './check.ts'

interface Area {
  readonly title: string
  readonly files: Readonly<Record<string, () => Promise<unknown>>>
  /** Its checks run after all others and one after the other: where one ends the broker, it is known which. */
  readonly runsAlone?: boolean
}

const AREAS: readonly Area[] = [
  {
    title: 'Versions and metadata',
    files: {
      'api-versions': () => import('../test/compat/api-versions.test.ts'),
      metadata: () => import('../test/compat/metadata.test.ts'),
      'describe-cluster': () => import('../test/compat/describe-cluster.test.ts'),
      'describe-topic-partitions': () => import('../test/compat/describe-topic-partitions.test.ts'),
    },
  },
  {
    title: 'Topics',
    files: {
      'create-topics': () => import('../test/compat/create-topics.test.ts'),
      'create-partitions': () => import('../test/compat/create-partitions.test.ts'),
      'delete-topics': () => import('../test/compat/delete-topics.test.ts'),
      'delete-records': () => import('../test/compat/delete-records.test.ts'),
    },
  },
  {
    title: 'Configs',
    files: {
      'describe-configs': () => import('../test/compat/describe-configs.test.ts'),
      'alter-configs': () => import('../test/compat/alter-configs.test.ts'),
    },
  },
  {
    title: 'Produce',
    files: {
      produce: () => import('../test/compat/produce.test.ts'),
      'produce-refusals': () => import('../test/compat/produce-refusals.test.ts'),
      idempotence: () => import('../test/compat/idempotence.test.ts'),
    },
  },
  {
    title: 'Fetch and offsets of logs',
    files: {
      fetch: () => import('../test/compat/fetch.test.ts'),
      'fetch-sessions': () => import('../test/compat/fetch-sessions.test.ts'),
      'list-offsets': () => import('../test/compat/list-offsets.test.ts'),
      'offset-for-leader-epoch': () => import('../test/compat/offset-for-leader-epoch.test.ts'),
    },
  },
  {
    title: 'Groups',
    files: {
      'classic-groups': () => import('../test/compat/classic-groups.test.ts'),
      'static-members': () => import('../test/compat/static-members.test.ts'),
      'consumer-groups': () => import('../test/compat/consumer-groups.test.ts'),
      'group-admin': () => import('../test/compat/group-admin.test.ts'),
      offsets: () => import('../test/compat/offsets.test.ts'),
    },
  },
  {
    title: 'Transactions',
    files: {
      transactions: () => import('../test/compat/transactions.test.ts'),
      'transactional-offsets': () => import('../test/compat/transactional-offsets.test.ts'),
    },
  },
  {
    title: 'The cluster',
    files: {
      'cluster-admin': () => import('../test/compat/cluster-admin.test.ts'),
      'partition-admin': () => import('../test/compat/partition-admin.test.ts'),
      'describe-log-dirs': () => import('../test/compat/describe-log-dirs.test.ts'),
      'raft-voters': () => import('../test/compat/raft-voters.test.ts'),
    },
  },
  {
    title: 'Connections and hostile input',
    files: {
      connections: () => import('../test/compat/connections.test.ts'),
      'hostile-input': () => import('../test/compat/hostile-input.test.ts'),
    },
    runsAlone: true,
  },
]

/** What needs more than an address. */
export const leftOut: Readonly<Record<string, string>> = {
  'alter-replica-log-dirs': 'needs a broker with two log directories',
  'slow-moves': 'needs a broker with two log directories',
  cleaning: 'needs a broker that looks after its logs many times a second',
  compaction: 'needs a broker whose cleaner hardly rests',
  'consumer-group-limits': 'needs a broker with small limits of consumer groups',
  kafkajs: 'drives a client library',
  limits: 'needs a broker with small limits',
  'dynamic-listeners': 'opens listeners on ports of its own choice',
  'live-configs': 'alters configs that hold for everything on the broker, and waits for its cleaner',
  platformatic: 'drives a client library',
  telemetry: 'makes subscriptions that every client of the broker would follow',
  'transaction-limits': 'needs a broker with small limits of transactions',
}

/** The names of the files that are checks. */
export const taken: readonly string[] = AREAS.flatMap(({ files }) => Object.keys(files))

/** Loads all checks, which write themselves down. */
export async function loadChecks(): Promise<void> {
  for (const { title, files, runsAlone = false } of AREAS) {
    for (const [file, load] of Object.entries(files)) await collect({ file, area: title, runsAlone }, load)
  }
}
