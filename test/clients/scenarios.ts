// What every driver is asked to do with its client, and what each scenario promises. A driver runs those that its client
// can, in its own language; README.md has the contract between drivers and runner.

/** Run against one broker that all clients share. */
export const SHARED_SCENARIOS = {
  topics: 'A topic is created, listed and described, and deleted',
  'topic-configs': 'The configs of a topic are set, described and altered',
  cluster: 'The cluster is described: its broker and controller',
  'group-offsets': 'The committed offsets of a group are read',
  'alter-group-offsets': 'The committed offsets of a group are altered, and its next member goes on there',
  'codec-none': 'Records, not compressed, are read as they were sent',
  'codec-gzip': 'The same, compressed with gzip',
  'codec-snappy': 'The same, compressed with snappy',
  'codec-lz4': 'The same, compressed with lz4',
  'codec-zstd': 'The same, compressed with zstd',
  nulls: 'No key, no value, and empty ones are told apart',
  headers: 'Headers are binary, empty or repeated, and in order',
  'null-header': 'A header has no value',
  'largest-record':
    'The largest batch that max.message.bytes allows is taken, one byte more is refused, and a topic may allow more',
  'seek-by-time': 'The offset at a time is found, and read from',
  idempotence: 'An idempotent producer’s records are there once, in order',
  'transaction-commit': 'Transactions over partitions are committed',
  'transaction-abort': 'An aborted transaction is unseen by read_committed, seen by read_uncommitted',
  'transaction-offsets': 'Offsets of a group are part of a transaction, aborted or committed',
  fencing: 'A producer is fenced by the next one with its transactional id',
  'read-committed': 'An open transaction holds read_committed back, and nothing else',
  'group-classic': 'A classic group’s next member goes on where the last one has committed',
  'rebalance-classic': 'A classic group shares its partitions out when members come and go',
  'group-consumer': 'A consumer group’s (KIP-848) next member goes on where the last one has committed',
  'rebalance-consumer': 'A consumer group (KIP-848) shares its partitions out when members come and go',
} as const

/** Run against a broker of the driver's own, which is killed with -9 twice in each, under load. */
export const RESTART_SCENARIOS = {
  restart: 'kill -9 under load: nothing that was acknowledged is lost',
  'restart-idempotent': 'The same, idempotent: nothing is there twice or out of order',
  'restart-group': 'A member of a group reads on through it all',
} as const

export type Scenario = keyof typeof SHARED_SCENARIOS | keyof typeof RESTART_SCENARIOS

export const SCENARIOS = { ...SHARED_SCENARIOS, ...RESTART_SCENARIOS }
export const scenarioNames = Object.keys(SCENARIOS) as Scenario[]
