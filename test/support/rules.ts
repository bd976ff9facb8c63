// Whose word a behaviour is: a KIP's, the protocol guide's, or what Apache Kafka answers when it is asked. It stands
// beside the tests, so that a failure says what was broken; the conformance kit prints it.

export interface Rule {
  /** `KIP-227`, `Protocol guide`, `Kafka 4.3.1`. */
  readonly source: string
  readonly title: string
  /** Where it can be read, if it is a page of its own. */
  readonly url?: string
}

/** What Apache Kafka 4.3.1 answers, where no text says so. */
export const kafka: Rule = { source: 'Kafka 4.3.1', title: 'what Apache Kafka 4.3.1 itself answers' }

/** A Kafka Improvement Proposal. */
export function kip(number: keyof typeof KIPS): Rule {
  return { source: `KIP-${number}`, title: KIPS[number] }
}

/** A section of the protocol guide. */
export function guide(section: keyof typeof SECTIONS): Rule {
  return { source: 'Protocol guide', title: section, url: `https://kafka.apache.org/protocol#${SECTIONS[section]}` }
}

/** What the protocol guide says of an API in its table of messages. */
export function message(api: string): Rule {
  const url = `https://kafka.apache.org/protocol#The_Messages_${api}`
  return { source: 'Protocol guide', title: `The Messages: ${api}`, url }
}

/** What the documentation of a broker's or topic's configs says. */
export function config(name: string): Rule {
  return { source: 'Configuration', title: name, url: 'https://kafka.apache.org/documentation/#configuration' }
}

const SECTIONS = {
  Network: 'protocol_network',
  Compatibility: 'protocol_compatibility',
  'Retrieving Supported API versions': 'api_versions',
  'Protocol Primitive Types': 'protocol_types',
  'Request and Response Headers': 'protocol_headers',
  'Record Batch': 'protocol_recordbatch',
} as const

const KIPS = {
  4: 'Command line and centralized administrative operations',
  32: 'Add timestamps to Kafka message',
  35: 'Retrieving protocol version',
  62: 'Allow consumer to send heartbeats from a background thread',
  74: 'Add Fetch Response Size Limit in Bytes',
  78: 'Cluster Id',
  79: 'ListOffsetRequest/ListOffsetResponse v1 and add timestamp search methods to the new consumer',
  82: 'Add Record Headers',
  98: 'Exactly Once Delivery and Transactional Messaging',
  101: 'Alter Replication Protocol to use Leader Epoch rather than High Watermark for Truncation',
  107: 'Add deleteRecordsBefore() API in AdminClient',
  110: 'Add Codec for ZStandard Compression',
  113: 'Support replicas movement between log directories',
  133: 'Describe and Alter Configs Admin APIs',
  195: 'AdminClient.createPartitions',
  226: 'Dynamic Broker Configuration',
  227: 'Introduce Incremental FetchRequests to Increase Partition Scalability',
  229: 'DeleteGroups API',
  279: 'Fix log divergence between leader and follower after fast leader fail over',
  320: 'Allow fetchers to detect and handle log truncation',
  339: 'Create a new IncrementalAlterConfigs API',
  345: 'Introduce static membership protocol to reduce consumer rebalances',
  360: 'Improve reliability of idempotent/transactional producer',
  390: 'Support Compression Level',
  392: 'Allow consumers to fetch from closest replica',
  394: 'Require member.id for initial join group request',
  405: 'Kafka Tiered Storage',
  412: 'Extend Admin API to support dynamic application log levels',
  430: 'Return Authorized Operations in Describe Responses',
  447: 'Producer scalability for exactly once semantics',
  455: 'Create an Administrative API for Replica Reassignment',
  460: 'Admin Leader Election RPC',
  464: 'Defaults for AdminClient#createTopic',
  467: 'Augment ProduceResponse error messaging for specific culprit records',
  482: 'The Kafka Protocol should Support Optional Tagged Fields',
  496: 'Administrative API to delete consumer offsets',
  511: "Collect and Expose Client's Name and Version in the Brokers",
  516: 'Topic Identifiers',
  518: 'Allow listing consumer groups per state',
  525: 'Return topic metadata and configs in CreateTopics response',
  559: 'Make the Kafka Protocol Friendlier with L7 Proxies',
  569: 'DescribeConfigsResponse - Update the schema to include additional metadata information of the field',
  584: 'Versioning scheme for features',
  588: 'Allow producers to recover gracefully from transaction timeouts',
  595: 'A Raft Protocol for the Metadata Quorum',
  631: 'The Quorum-based Kafka Controller',
  664: 'Provide tooling to detect and abort hanging transactions',
  699: 'Update FindCoordinator to resolve multiple Coordinators at a time',
  700: 'Add Describe Cluster API',
  709: 'Extend OffsetFetch requests to accept multiple group ids',
  714: 'Client metrics and observability',
  724: 'Drop support for message formats v0 and v1',
  734: 'Improve AdminClient.listOffsets to return timestamp and offset for the record with the largest timestamp',
  814: 'Static membership protocol should let the leader skip assignment',
  827: 'Expose log dirs total and usable space via Kafka API',
  848: 'The Next Generation of the Consumer Rebalance Protocol',
  853: 'KRaft Controller Membership Changes',
  890: 'Transactions Server-Side Defense',
  896: 'Remove old client protocol API versions in Kafka 4.0',
  919: 'Allow AdminClient to Talk Directly with the KRaft Controller Quorum and add Controller Registration',
  932: 'Queues for Kafka',
  937: 'Improve Message Timestamp Validation',
  966: 'Eligible Leader Replicas',
  994: 'Minor Enhancements to ListTransactions and DescribeTransactions APIs',
  1000: 'List Client Metrics Configuration Resources',
  1005: 'Expose EarliestLocalOffset and TieredOffset',
  1022: 'Formatting and Updating Features',
  1023: 'Follower fetch from tiered offset',
  1043: 'Administration of groups',
  1073: 'Return fenced brokers in DescribeCluster response',
  1142: 'Allow to list non-existent group which has dynamic config',
  1152: 'Add transactional ID pattern filter to ListTransactions API',
} as const
