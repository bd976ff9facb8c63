// The controller's rules for topics: what makes a new topic, more partitions or a deletion valid, and the records that
// say so. Functions of the image; they change nothing.
import { type BrokerConfig, type ConfigMap, ConfigResourceType, inHashOrder, newTopicConfigs } from '../config/index.ts'
import type { Random } from '../io/index.ts'
import { EMPTY_UUID, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiError, errorOf, NO_ERROR } from './api-error.ts'
import { configRecords } from './config-records.ts'
import type { MetadataImage } from './image.ts'
import { isActive, newPartitionRecord, validateAssignment } from './placement.ts'
import type { NewMetadataRecord } from './records.ts'
import { placeReplicas } from './replica-placer.ts'
import { collisionKey, validateTopicName } from './topic-names.ts'

/** The most partitions that one request may create, and records that one command may write. */
const MAX_PARTITIONS_PER_REQUEST = 10_000
const MAX_RECORDS_PER_COMMAND = 10_000

/** -1 stands for the broker's default. */
export interface NewTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments?: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs?: readonly { readonly name: string; readonly value: string | null }[]
}

export interface NewTopicResult extends ApiError {
  readonly name: string
  readonly topicId: string
  readonly numPartitions: number
  readonly replicationFactor: number
  /** What the topic sets itself. */
  readonly configs: ConfigMap
}

export interface Result<Response> {
  readonly records: readonly NewMetadataRecord[]
  readonly response: Response
}

interface Rules {
  readonly image: MetadataImage
  readonly config: BrokerConfig
  readonly random: Random
}

export function createTopics(rules: Rules, topics: readonly NewTopic[]): Result<NewTopicResult[]> {
  const total = topics.reduce((sum, topic) => sum + requestedPartitions(topic, rules.config), 0)
  if (total > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
  }
  const collisions = collisionIndex(rules.image, topics)
  const records: NewMetadataRecord[] = []
  const response = topics.map((topic) => {
    let created: { records: NewMetadataRecord[]; result: NewTopicResult } | undefined
    const error = errorOf(() => {
      checkNewName(rules.image, collisions, topic.name)
      created = newTopic(rules, topic)
    })
    if (created === undefined) return { ...failedTopic(topic.name), ...error }
    for (const record of created.records) records.push(record)
    return created.result
  })
  if (records.length > MAX_RECORDS_PER_COMMAND) {
    throw new KafkaError('POLICY_VIOLATION', 'Unable to perform excessively large batch operation.')
  }
  return { records, response }
}

function failedTopic(name: string): NewTopicResult {
  return { ...NO_ERROR, name, topicId: EMPTY_UUID, numPartitions: -1, replicationFactor: -1, configs: new Map() }
}

function requestedPartitions(topic: NewTopic, config: BrokerConfig): number {
  if (topic.assignments !== undefined && topic.assignments.length > 0) return topic.assignments.length
  return topic.numPartitions === -1 ? config.get('num.partitions') : Math.max(0, topic.numPartitions)
}

/** The topics that share a collision key with one of the new names; topics of the same request do not count. */
function collisionIndex(image: MetadataImage, topics: readonly NewTopic[]): ReadonlyMap<string, string> {
  const index = new Map<string, string>()
  if (topics.every(({ name }) => collisionKey(name) === undefined)) return index
  for (const { name } of image.topics()) {
    const key = collisionKey(name)
    if (key !== undefined && !index.has(key)) index.set(key, name)
  }
  return index
}

function checkNewName(image: MetadataImage, collisions: ReadonlyMap<string, string>, name: string): void {
  if (image.topicByName(name) !== undefined) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  }
  const colliding = collisions.get(collisionKey(name) ?? name)
  if (colliding !== undefined) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${colliding}`)
  }
  validateTopicName(name)
}

function newTopic(rules: Rules, topic: NewTopic): { records: NewMetadataRecord[]; result: NewTopicResult } {
  const configs = newTopicConfigs(
    (topic.configs ?? []).map(({ name, value }) => [name, value] as const),
    rules.config,
  )
  const assignment = hasAssignment(topic) ? manualAssignment(rules.image, topic) : automaticAssignment(rules, topic)
  const topicId = rules.random.uuid()
  const resource = { resourceType: ConfigResourceType.TOPIC, resourceName: topic.name }
  const changes = inHashOrder([...configs.keys()]).map((name) => ({ name, value: configs.get(name) ?? null }))
  const records: NewMetadataRecord[] = [
    { type: 'TopicRecord', version: 0, data: { name: topic.name, topicId } },
    ...configRecords(rules.image, [{ ...resource, changes }]),
  ]
  for (const [partition, replicas] of assignment.entries()) {
    records.push(newPartitionRecord(rules.image, topicId, partition, replicas))
  }
  const replicationFactor = assignment[0]?.length ?? 0
  const result = {
    ...NO_ERROR,
    name: topic.name,
    topicId,
    numPartitions: assignment.length,
    replicationFactor,
    configs,
  }
  return { records, result }
}

function hasAssignment({ assignments }: NewTopic): boolean {
  return assignments !== undefined && assignments.length > 0
}

function manualAssignment(image: MetadataImage, topic: NewTopic): readonly (readonly number[])[] {
  if (topic.replicationFactor !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (topic.numPartitions !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  const byPartition = new Map<number, readonly number[]>()
  let replicationFactor: number | undefined
  for (const { partitionIndex, brokerIds } of topic.assignments ?? []) {
    if (byPartition.has(partitionIndex)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    validateAssignment(image, brokerIds, replicationFactor)
    checkCanLead(image, brokerIds, partitionIndex)
    replicationFactor = brokerIds.length
    byPartition.set(partitionIndex, brokerIds)
  }
  return Array.from(byPartition, (_, partition) => {
    const replicas = byPartition.get(partition)
    if (replicas !== undefined) return replicas
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence')
  })
}

function checkCanLead(image: MetadataImage, replicas: readonly number[], partition: number): void {
  if (replicas.some((brokerId) => isActive(image.brokers.get(brokerId)))) return
  throw new KafkaError(
    'INVALID_REPLICA_ASSIGNMENT',
    `All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`,
  )
}

function automaticAssignment({ image, config, random }: Rules, topic: NewTopic): readonly (readonly number[])[] {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
  }
  const numPartitions = topic.numPartitions === -1 ? config.get('num.partitions') : topic.numPartitions
  const replicationFactor =
    topic.replicationFactor === -1 ? config.get('default.replication.factor') : topic.replicationFactor
  const assignment = place()
  checkSomeoneLeads(image, assignment, replicationFactor)
  return assignment

  function place(): readonly (readonly number[])[] {
    try {
      return placeReplicas(image, numPartitions, replicationFactor, random)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw new KafkaError(error.codeName, cannotReplicate(replicationFactor, error.message))
    }
  }
}

function cannotReplicate(replicationFactor: number, why: string): string {
  return `Unable to replicate the partition ${replicationFactor} time(s): ${why}`
}

function checkSomeoneLeads(
  image: MetadataImage,
  assignment: readonly (readonly number[])[],
  replicationFactor: number,
): void {
  const canLead = (brokerId: number): boolean => isActive(image.brokers.get(brokerId))
  if (assignment.every((replicas) => replicas.some(canLead))) return
  const why = 'All brokers are currently fenced or in controlled shutdown.'
  throw new KafkaError('INVALID_REPLICATION_FACTOR', cannotReplicate(replicationFactor, why))
}

/** Deletes by id; the result has an error for each id, in the order asked. */
export function deleteTopics(image: MetadataImage, topicIds: readonly string[]): Result<ApiError[]> {
  const records: NewMetadataRecord[] = []
  const response = topicIds.map((topicId): ApiError => {
    if (image.topicById(topicId) === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, errorMessage: null }
    records.push({ type: 'RemoveTopicRecord', version: 0, data: { topicId } })
    return NO_ERROR
  })
  return { records, response }
}

export interface NewPartitions {
  readonly name: string
  /** The count that the topic shall have. */
  readonly count: number
  /** The replicas of each additional partition, or null to have them placed. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

export function createPartitions(
  rules: Pick<Rules, 'image' | 'random'>,
  topics: readonly NewPartitions[],
): Result<({ name: string } & ApiError)[]> {
  const records: NewMetadataRecord[] = []
  const response = topics.map((topic) => {
    const error = errorOf(() => {
      for (const record of morePartitions(rules, topic, MAX_RECORDS_PER_COMMAND - records.length)) records.push(record)
    })
    return { name: topic.name, ...(error ?? NO_ERROR) }
  })
  return { records, response }
}

function morePartitions(
  { image, random }: Pick<Rules, 'image' | 'random'>,
  { name, count, assignments }: NewPartitions,
  maxRecords: number,
): NewMetadataRecord[] {
  const topic = image.topicByName(name)
  if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  const existing = topic.partitions.length
  if (count === existing) throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`)
  if (count < existing) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  }
  const additional = count - existing
  if (assignments !== null && assignments.length !== additional) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  }
  // Kafka's bounded list overflows here, which its clients see as a server error without a text.
  if (additional > maxRecords) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  for (const [index, { brokerIds }] of (assignments ?? []).entries()) {
    validateAssignment(image, brokerIds, replicationFactor)
    checkCanLead(image, brokerIds, existing + index)
  }
  const placed =
    assignments?.map(({ brokerIds }) => brokerIds) ?? placeReplicas(image, additional, replicationFactor, random)
  checkSomeoneLeads(image, placed, replicationFactor)
  return placed.map((replicas, index) => newPartitionRecord(image, topic.topicId, existing + index, replicas))
}
