// What is asked of the admin APIs, once of Apache Kafka (record-admin.ts) and then of our handlers in a unit test
// (src/api/admin-answers.test.ts): every API at every version, edge by edge. A list of requests; it talks to nobody.
import { type ApiName, EMPTY_UUID } from '../../src/wire/index.ts'

export interface Question {
  readonly api: ApiName
  readonly version: number
  readonly note: string
  /** A topic id may be written `id of NAME`: whoever asks puts in the id that the topic has. */
  readonly request: Readonly<Record<string, unknown>>
  /** To be asked once this topic is there: it was created in the background. */
  readonly after?: string
}

export interface Scenario {
  readonly name: string
  /** Broker configs over those of a single test node. */
  readonly overrides: Readonly<Record<string, string>>
  readonly questions: readonly Question[]
}

/** The note of what is asked once everything before has taken effect. */
export const AFTERWARDS = 'afterwards'

/** What the note of a question begins with that the next one builds on. */
export const PREPARES = 'prepares'

export const idOf = (topic: string): string => `id of ${topic}`

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32]
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]
const UNKNOWN_ID = 'fixed-unknown-topic-AA'
const timeoutMs = 30_000
const tooLong = 'x'.repeat(250)
/** A list as long as a value may be. */
const manyReplicas = Array.from({ length: 4681 }, (_, index) => `${10_000 + index}:1`)
  .join()
  .slice(0, 32_767)

function ask(api: ApiName, version: number, note: string, request: Question['request'], after?: string): Question {
  return after === undefined ? { api, version, note, request } : { api, version, note, request, after }
}

/** The questions of one API at each of its versions; `tag` keeps the topics of the versions apart. */
function atEach(
  api: ApiName,
  { from, to }: { from: number; to: number },
  questions: (version: number, tag: string, ask: Asker) => Question[],
): Question[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index).flatMap((version) => {
    const asker: Asker = (note, request, after) => ask(api, version, note, request, after)
    return questions(version, `${api}-${version}`.toLowerCase(), asker)
  })
}

type Asker = (note: string, request: Question['request'], after?: string) => Question

function create(name: string, numPartitions = 1, configs: Readonly<Record<string, string>> = {}): Question {
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topics = [{ name, numPartitions, replicationFactor: 1, configs: entries }]
  return ask('CreateTopics', 7, `${PREPARES} ${name}`, { topics, timeoutMs })
}

function describe(resourceType: number, resourceName: string, configurationKeys: string[] | null = null): Question {
  const resources = [{ resourceType, resourceName, configurationKeys }]
  return ask('DescribeConfigs', 4, AFTERWARDS, { resources, includeSynonyms: true })
}

type Operation = readonly [name: string, configOperation: number, value: string | null]

function operations(entries: readonly Operation[]) {
  return entries.map(([name, configOperation, value]) => ({ name, configOperation, value }))
}

const apiVersions = atEach('ApiVersions', { from: 0, to: 4 }, (version, _tag, q) => {
  const software = { clientSoftwareName: 'questions', clientSoftwareVersion: '1.0' }
  if (version < 3) return [q('', {})]
  return [
    q('', software),
    q('no name', { ...software, clientSoftwareName: '' }),
    q('a name that ends badly', { ...software, clientSoftwareName: 'a-' }),
    q('a name with a space', { ...software, clientSoftwareName: 'a b' }),
    q('a version with an underscore', { ...software, clientSoftwareVersion: '1_2' }),
  ]
})

const metadata = atEach('Metadata', { from: 0, to: 13 }, (version, tag, q) => {
  const auto = version >= 4 ? { allowAutoTopicCreation: false } : {}
  const operations = {
    ...(version >= 8 ? { includeTopicAuthorizedOperations: true } : {}),
    ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
  }
  const named = (...names: string[]) => names.map((name) => ({ name }))
  const known = `${tag}-known`
  const questions = [create(known, 2), q('a topic', { topics: named(known), ...auto })]
  if (version >= 8) questions.push(q('with operations', { topics: named(known, 'absent'), ...auto, ...operations }))
  if (version >= 1) questions.push(q('no topics', { topics: [], ...auto }))
  if (version < 4) return questions
  questions.push(
    q('a topic twice', { topics: named(known, known), ...auto }),
    q('a missing topic', { topics: named('absent', known), ...auto }),
    q('invalid names', { topics: named('a/b', '', '.', '..', tooLong), ...auto }),
    q('internal topics', { topics: named('__consumer_offsets', '__cluster_metadata'), ...auto }),
    q('auto creation', { topics: named(`${tag}-auto`, 'bad name'), allowAutoTopicCreation: true }),
    q(AFTERWARDS, { topics: named(`${tag}-auto`), ...auto }, `${tag}-auto`),
  )
  if (version < 10) return questions
  questions.push(
    q('by id', { topics: [{ name: null, topicId: idOf(known) }], ...auto }),
    q('by name and id', { topics: [{ name: known, topicId: idOf(known) }], ...auto }),
    q('no name', { topics: [{ name: null, topicId: EMPTY_UUID }], ...auto }),
  )
  if (version < 12) return questions
  const unknown = { name: null, topicId: UNKNOWN_ID }
  const byId = { name: null, topicId: idOf(known) }
  questions.push(
    q('by an unknown id', { topics: [unknown], ...auto, ...operations }),
    q('by ids', { topics: [byId, unknown], ...auto }),
    q('by id and by name', { topics: [byId, { name: 'absent', topicId: EMPTY_UUID }], ...auto }),
    q('by id under another name', { topics: [{ name: 'other', topicId: idOf(known) }], ...auto }),
  )
  return questions
})

const createTopics = atEach('CreateTopics', { from: 2, to: 7 }, (_version, tag, q) => {
  const plain = { numPartitions: 2, replicationFactor: 1 }
  const one = (note: string, topic: object, more: object = {}) =>
    q(note, { topics: [{ name: `${tag}-x`, ...plain, ...topic }], timeoutMs, ...more })
  const config = (name: string, value: string | null) => ({ configs: [{ name, value }] })
  const assigned = (...assignments: [number, number[]][]) => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
  })
  return [
    one('a topic', { name: `${tag}-a` }),
    one('which exists', { name: `${tag}-a` }),
    one('with configs', {
      name: `${tag}-b`,
      configs: [
        { name: 'retention.ms', value: '5' },
        { name: 'min.insync.replicas', value: '2' },
        { name: 'cleanup.policy', value: ' compact , delete ' },
      ],
    }),
    one('with a bad value', config('retention.ms', 'x')),
    one('with a null value', config('retention.ms', null)),
    one('with an unknown config', config('nope', '1')),
    one('with a value out of range', config('min.insync.replicas', '0')),
    one('the same config twice', {
      name: `${tag}-twice`,
      configs: [
        { name: 'retention.ms', value: '1' },
        { name: 'retention.ms', value: '2' },
      ],
    }),
    one('validate only', {}, { validateOnly: true }),
    one('validate only, and wrong', { numPartitions: 0 }, { validateOnly: true }),
    one('a name with a dot', { name: `${tag}.dot` }),
    one('a name that collides', { name: `${tag}_dot` }),
    q('two names that collide', {
      topics: [
        { name: `${tag}.both`, ...plain },
        { name: `${tag}_both`, ...plain },
      ],
      timeoutMs,
    }),
    q('invalid names', { topics: ['', '.', '..', 'a b', tooLong].map((name) => ({ name, ...plain })), timeoutMs }),
    one('no partitions', { numPartitions: 0 }),
    one('negative partitions', { numPartitions: -2 }),
    one('too many partitions', { numPartitions: 10_001 }),
    one('as many partitions as a command may write, and the topic', { numPartitions: 10_000 }),
    one('no replicas', { replicationFactor: 0 }),
    one('negative replicas', { replicationFactor: -2 }),
    one('too many replicas', { replicationFactor: 3 }),
    one('no partitions and no replicas', { numPartitions: 0, replicationFactor: 0 }),
    one('defaults', { name: `${tag}-defaults`, numPartitions: -1, replicationFactor: -1 }),
    one('assigned', { name: `${tag}-assigned`, ...assigned([1, [1]], [0, [1]]) }),
    one('assigned from 1', assigned([1, [1]])),
    one('assigned with a gap', assigned([0, [1]], [2, [1]])),
    one('assigned twice', assigned([0, [1]], [0, [1]])),
    one('assigned to nobody', assigned([0, [9]])),
    one('assigned to nobody and somebody', assigned([0, [9, 1]])),
    one('assigned to one twice', assigned([0, [1, 1]])),
    one('assigned to none', assigned([0, []])),
    one('assigned, with replicas', { ...assigned([0, [1]]), replicationFactor: 1 }),
    one('assigned, with partitions', { ...assigned([0, [1]]), numPartitions: 1 }),
    one('bad configs and bad replicas', { replicationFactor: 3, ...config('nope', '1') }),
    q('twice in one request, and the metadata', {
      topics: [
        { name: `${tag}-dup`, ...plain },
        { name: `${tag}-dup`, ...plain },
        { name: '__cluster_metadata', ...plain },
        { name: `${tag}-fine`, ...plain },
      ],
      timeoutMs,
    }),
    one('an internal topic', { name: '__consumer_offsets' }, { validateOnly: true }),
    one('no time', {}, { timeoutMs: 0 }),
    one('negative time', {}, { timeoutMs: -1 }),
    q('no time, and nothing to do', {
      topics: [
        { name: 'd', ...plain },
        { name: 'd', ...plain },
      ],
      timeoutMs: 0,
    }),
    q('nothing', { topics: [], timeoutMs: 0 }),
  ]
})

const deleteTopics = atEach('DeleteTopics', { from: 1, to: 6 }, (version, tag, q) => {
  const byName = (...names: string[]) =>
    version >= 6 ? { topics: names.map((name) => ({ name })) } : { topicNames: names }
  const questions = [
    create(`${tag}-a`),
    create(`${tag}-b`),
    create(`${tag}-c`),
    create(`${tag}-d`),
    q('one of two', { ...byName(`${tag}-b`, 'absent'), timeoutMs }),
    q('again', { ...byName(`${tag}-b`), timeoutMs }),
    q('twice in one request', { ...byName(`${tag}-a`, `${tag}-a`, `${tag}-a`), timeoutMs }),
    q('odd names', { ...byName('', 'bad name', '__consumer_offsets'), timeoutMs }),
    q('no time', { ...byName(`${tag}-a`), timeoutMs: 0 }),
    q('no time for what is not there', { ...byName('absent'), timeoutMs: 0 }),
    q('no time, and nothing to do', { ...byName('d', 'd'), timeoutMs: 0 }),
    q('nothing', { ...byName(), timeoutMs: 0 }),
  ]
  if (version < 6) return questions
  const byIds = (note: string, topics: object[]) => q(note, { topics, timeoutMs })
  const a = idOf(`${tag}-a`)
  const d = idOf(`${tag}-d`)
  return [
    ...questions,
    byIds('an id twice', [
      { name: null, topicId: a },
      { name: null, topicId: a },
    ]),
    byIds('an id twice, and the name', [{ name: null, topicId: a }, { name: null, topicId: a }, { name: `${tag}-a` }]),
    byIds('an id and its name', [{ name: null, topicId: a }, { name: `${tag}-a` }, { name: `${tag}-c` }]),
    byIds('name and id in one', [{ name: `${tag}-a`, topicId: a }]),
    byIds('neither', [{ name: null }, { name: null }]),
    byIds('an unknown id', [
      { name: null, topicId: UNKNOWN_ID },
      { name: null, topicId: a },
    ]),
    byIds('by id', [{ name: null, topicId: d }]),
  ]
})

const createPartitions = atEach('CreatePartitions', { from: 0, to: 3 }, (_version, tag, q) => {
  const one = (note: string, topic: object, more: object = {}) =>
    q(note, { topics: [{ name: tag, count: 5, assignments: null, ...topic }], timeoutMs, validateOnly: false, ...more })
  const to = (...replicas: number[][]) => ({ assignments: replicas.map((brokerIds) => ({ brokerIds })) })
  return [
    create(tag, 2),
    one('validate only', { count: 3 }, { validateOnly: true }),
    one('one more', { count: 3 }),
    one('as many', { count: 3 }),
    one('fewer', { count: 1 }),
    one('none', { count: 0 }),
    one('negative', { count: -1 }),
    one('assigned', { count: 4, ...to([1]) }),
    one('too few assignments', { count: 6, ...to([1]) }),
    one('too many assignments', { count: 5, ...to([1], [1]) }),
    one('no assignments', to()),
    one('assigned to nobody', to([7])),
    one('assigned to one twice', to([1, 1])),
    one('assigned to none', to([])),
    one('a missing topic', { name: 'absent' }),
    one('no name', { name: '' }),
    one('a bad name', { name: 'bad name' }),
    // More than a command may write is left out: Kafka answers an error, and has created ten thousand.
    q('twice in one request', {
      topics: [
        { name: tag, count: 5, assignments: null },
        { name: tag, count: 6, assignments: null },
        { name: 'absent', count: 1, assignments: null },
      ],
      timeoutMs,
      validateOnly: false,
    }),
    one('no time', {}, { timeoutMs: 0 }),
    q('nothing', { topics: [], timeoutMs: 0, validateOnly: false }),
    ask('DescribeTopicPartitions', 0, AFTERWARDS, { topics: [{ name: tag }] }),
  ]
})

const describeConfigs = atEach('DescribeConfigs', { from: 1, to: 4 }, (version, tag, q) => {
  const flags = { includeSynonyms: true }
  const one = (note: string, resourceType: number, resourceName: string, configurationKeys: string[] | null = null) =>
    q(note, { resources: [{ resourceType, resourceName, configurationKeys }], ...flags })
  const brokerKeys = ['num.io.threads', 'log.retention.ms', 'log.retention.hours', 'node.id', 'no.such.config']
  return [
    create(tag, 1, { 'retention.ms': '1234', 'cleanup.policy': 'compact' }),
    one('a topic', TOPIC, tag),
    one('two keys', TOPIC, tag, ['retention.ms', 'no.such.config']),
    one('no keys', TOPIC, tag, []),
    one('a missing topic', TOPIC, 'absent'),
    one('an invalid topic', TOPIC, 'bad name'),
    one('a topic without a name', TOPIC, ''),
    one('a broker', BROKER, '1', brokerKeys),
    one('a broker with a sign', BROKER, '+1', ['node.id']),
    one('the cluster default', BROKER, ''),
    one('another broker', BROKER, '77'),
    one('a broker that is no number', BROKER, 'x'),
    one('a broker beyond an int', BROKER, '3000000000'),
    one('loggers without a broker', BROKER_LOGGER, ''),
    one('loggers of another broker', BROKER_LOGGER, '77'),
    one('loggers of what is no number', BROKER_LOGGER, 'x'),
    one('no such logger', BROKER_LOGGER, '1', ['no.such.Logger']),
    one('a group', GROUP, `${tag}-group`),
    one('a group without a name', GROUP, ''),
    one('client metrics', CLIENT_METRICS, `${tag}-metrics`),
    one('client metrics without a name', CLIENT_METRICS, ''),
    one('an unknown type', 99, 'x'),
    one('type 0', 0, 'x'),
    q('a known and an unknown type', {
      resources: [
        { resourceType: TOPIC, resourceName: tag, configurationKeys: null },
        { resourceType: 3, resourceName: 'y', configurationKeys: null },
      ],
      ...flags,
    }),
    q('the same resource twice', {
      resources: [tag, tag].map((resourceName) => ({ resourceType: TOPIC, resourceName, configurationKeys: [] })),
      includeSynonyms: false,
    }),
    ...(version >= 3
      ? [
          q('with documentation', {
            resources: [{ resourceType: TOPIC, resourceName: tag, configurationKeys: ['retention.ms'] }],
            includeDocumentation: true,
          }),
        ]
      : []),
    q('nothing', { resources: [] }),
  ]
})

const alterConfigs = atEach('AlterConfigs', { from: 0, to: 2 }, (_version, tag, q) => {
  type Entry = readonly [name: string, value: string | null]
  const resource = (resourceType: number, resourceName: string, entries: readonly Entry[]) => ({
    resourceType,
    resourceName,
    configs: entries.map(([name, value]) => ({ name, value })),
  })
  const one = (
    note: string,
    resourceType: number,
    resourceName: string,
    entries: readonly Entry[],
    validateOnly = false,
  ) => q(note, { resources: [resource(resourceType, resourceName, entries)], validateOnly })
  return [
    create(tag, 1, { 'retention.ms': '1234' }),
    one('replaces all', TOPIC, tag, [['segment.bytes', '2000000']]),
    describe(TOPIC, tag, ['segment.bytes', 'retention.ms']),
    one('a bad value', TOPIC, tag, [['segment.bytes', 'x']]),
    one('an unknown name', TOPIC, tag, [['no.such.config', 'x']]),
    one('a null value', TOPIC, tag, [
      ['segment.bytes', null],
      ['retention.ms', null],
    ]),
    one('validate only', TOPIC, tag, [['segment.bytes', '3000000']], true),
    one('validate only, and wrong', TOPIC, tag, [['segment.bytes', '-1']], true),
    one('the same key twice', TOPIC, tag, [
      ['segment.bytes', '3000000'],
      ['segment.bytes', '4000000'],
    ]),
    one('none', TOPIC, tag, []),
    describe(TOPIC, tag, ['segment.bytes']),
    one('a missing topic', TOPIC, 'absent', []),
    one('a missing topic, and a bad value', TOPIC, 'absent', [['segment.bytes', 'x']]),
    one('an invalid topic', TOPIC, 'bad name', []),
    one('a topic without a name', TOPIC, '', []),
    one('another broker', BROKER, '9', [['log.cleaner.threads', '2']]),
    one('a broker that is no number', BROKER, 'x', [['log.cleaner.threads', '2']]),
    one('what is read only', BROKER, '1', [['broker.id', '5']]),
    one('a broker', BROKER, '1', [['log.cleaner.threads', '2']]),
    one('a broker, back', BROKER, '1', []),
    one('the cluster, without what it needs', BROKER, '', [['log.cleaner.backoff.ms', '16000']]),
    one('the cluster', BROKER, '', [
      ['log.cleaner.backoff.ms', '16000'],
      ['min.insync.replicas', '1'],
    ]),
    describe(BROKER, ''),
    one('the cluster, back', BROKER, '', [['min.insync.replicas', '1']]),
    one('a group', GROUP, `${tag}-group`, [['consumer.session.timeout.ms', '50000']]),
    one('a group without a name', GROUP, '', []),
    one('client metrics', CLIENT_METRICS, `${tag}-metrics`, [['interval.ms', '1000']]),
    one('client metrics, and wrong', CLIENT_METRICS, `${tag}-metrics`, [['interval.ms', '1']]),
    one('loggers', BROKER_LOGGER, '1', [['root', 'INFO']]),
    one('an unknown type', 99, 'x', []),
    one('type 0', 0, 'x', []),
    // A resource twice is left out: Kafka fails on it before it can answer.
    q('two resources', {
      resources: [resource(TOPIC, 'absent', []), resource(GROUP, tag, [])],
      validateOnly: false,
    }),
    q('nothing', { resources: [], validateOnly: false }),
  ]
})

const incrementalAlterConfigs = atEach('IncrementalAlterConfigs', { from: 0, to: 1 }, (_version, tag, q) => {
  const resource = (resourceType: number, resourceName: string, entries: readonly Operation[]) => ({
    resourceType,
    resourceName,
    configs: operations(entries),
  })
  const one = (
    note: string,
    resourceType: number,
    resourceName: string,
    entries: readonly Operation[],
    validateOnly = false,
  ) => q(note, { resources: [resource(resourceType, resourceName, entries)], validateOnly })
  const onTopic = (note: string, ...entries: Operation[]) => one(note, TOPIC, tag, entries)
  return [
    create(tag),
    onTopic('set', ['retention.ms', SET, '99'], ['min.insync.replicas', SET, '2']),
    onTopic('append', ['cleanup.policy', APPEND, 'compact']),
    onTopic('append what is there', ['cleanup.policy', APPEND, 'compact,delete']),
    onTopic('subtract', ['cleanup.policy', SUBTRACT, 'delete']),
    onTopic('subtract what is not there', ['cleanup.policy', SUBTRACT, 'delete']),
    describe(TOPIC, tag, ['cleanup.policy', 'retention.ms', 'min.insync.replicas']),
    onTopic('subtract all', ['cleanup.policy', SUBTRACT, 'compact']),
    onTopic('delete', ['retention.ms', DELETE, null]),
    onTopic('delete what is not set', ['retention.ms', DELETE, null]),
    onTopic('delete with a value', ['retention.ms', DELETE, '5']),
    onTopic('append to what is no list', ['retention.ms', APPEND, '1']),
    onTopic('subtract from what is no list', ['retention.ms', SUBTRACT, '1']),
    onTopic('append to what is unknown', ['no.such.config', APPEND, '1']),
    onTopic('set null', ['retention.ms', SET, null]),
    onTopic('append null', ['cleanup.policy', APPEND, null]),
    onTopic('out of range', ['retention.ms', SET, '-2']),
    onTopic('an unknown operation', ['retention.ms', 9, '1']),
    onTopic('an unknown operation on null', ['retention.ms', 9, null]),
    onTopic('the same key twice', ['retention.ms', SET, '1'], ['retention.ms', SET, '2']),
    onTopic('an unknown name', ['no.such.config', SET, '1']),
    onTopic('delete an unknown name', ['no.such.config', DELETE, null]),
    onTopic('almost too long', ['leader.replication.throttled.replicas', SET, manyReplicas]),
    onTopic('too long', ['leader.replication.throttled.replicas', APPEND, '99999:1']),
    onTopic(
      'too long, and one out of range',
      ['leader.replication.throttled.replicas', APPEND, '99999:1'],
      ['retention.ms', SET, '-2'],
    ),
    onTopic('nothing'),
    one('a missing topic', TOPIC, 'absent', [['retention.ms', SET, '1']]),
    one('a missing topic, and nothing', TOPIC, 'absent', []),
    one('a missing topic, and out of range', TOPIC, 'absent', [['retention.ms', SET, '-2']]),
    one('an invalid topic', TOPIC, 'bad name', [['retention.ms', SET, '1']]),
    one('an invalid topic, and no list', TOPIC, 'bad name', [['retention.ms', APPEND, '1']]),
    one('a topic without a name', TOPIC, '', [['retention.ms', SET, '1']]),
    one('validate only', TOPIC, tag, [['retention.ms', SET, '77']], true),
    describe(TOPIC, tag, ['retention.ms']),
    one('what is read only', BROKER, '1', [['broker.id', SET, '5']]),
    one('a broker', BROKER, '1', [['log.cleaner.threads', SET, '2']]),
    describe(BROKER, '1', ['log.cleaner.threads']),
    one('a broker, back', BROKER, '1', [['log.cleaner.threads', DELETE, null]]),
    one('a broker, an unknown operation', BROKER, '1', [['log.cleaner.threads', 9, '2']]),
    one('a broker, appended to what is no list', BROKER, '1', [['log.cleaner.threads', APPEND, '2']]),
    one('a broker, appended to what is unknown', BROKER, '1', [['no.such.config', APPEND, '2']]),
    one('a broker, what is unknown', BROKER, '1', [['no.such.config', SET, '2']]),
    one('a broker, what is unknown, back', BROKER, '1', [['no.such.config', DELETE, null]]),
    one('a broker, min.insync.replicas', BROKER, '1', [['min.insync.replicas', SET, '1']]),
    one('the cluster', BROKER, '', [['log.cleaner.backoff.ms', SET, '16000']]),
    one('the cluster, out of range', BROKER, '', [['log.cleaner.backoff.ms', SET, '-1']]),
    one('the cluster, what is of a broker', BROKER, '', [['advertised.listeners', SET, 'PLAINTEXT://h:1']]),
    one('the cluster, without min.insync.replicas', BROKER, '', [['min.insync.replicas', DELETE, null]]),
    one('the cluster, min.insync.replicas', BROKER, '', [['min.insync.replicas', SET, '1']]),
    one('the cluster, cordoned directories', BROKER, '', [['cordoned.log.dirs', SET, '/nowhere']]),
    describe(BROKER, ''),
    one('the cluster, back', BROKER, '', [['log.cleaner.backoff.ms', DELETE, null]]),
    one('another broker', BROKER, '9', [['log.cleaner.threads', SET, '2']]),
    one('a broker that is no number', BROKER, 'x', [['log.cleaner.threads', SET, '2']]),
    one('a group', GROUP, `${tag}-group`, [['consumer.session.timeout.ms', SET, '50000']]),
    describe(GROUP, `${tag}-group`, ['consumer.session.timeout.ms']),
    one('a group, out of range', GROUP, `${tag}-group`, [['consumer.session.timeout.ms', SET, '1']]),
    one('a group, what is unknown', GROUP, `${tag}-group`, [['nope', SET, '1']]),
    one('a group, appended to', GROUP, `${tag}-group`, [['consumer.session.timeout.ms', APPEND, '1']]),
    one('a group without a name', GROUP, '', [['consumer.session.timeout.ms', SET, '50000']]),
    one('client metrics', CLIENT_METRICS, `${tag}-metrics`, [
      ['interval.ms', SET, '1000'],
      ['match', SET, 'client_id=a.*'],
    ]),
    describe(CLIENT_METRICS, `${tag}-metrics`),
    one('client metrics, a bad match', CLIENT_METRICS, `${tag}-metrics`, [['match', SET, 'client_id']]),
    one('client metrics, appended to', CLIENT_METRICS, `${tag}-metrics`, [['metrics', APPEND, 'a']]),
    one('client metrics without a name', CLIENT_METRICS, '', [['interval.ms', SET, '1000']]),
    one('an unknown logger', BROKER_LOGGER, '1', [['no.such.Logger', SET, 'DEBUG']]),
    one('a logger of another broker', BROKER_LOGGER, '9', [['root', SET, 'DEBUG']]),
    one('a logger of what is no number', BROKER_LOGGER, 'x', [['root', SET, 'DEBUG']]),
    one('the root logger', BROKER_LOGGER, '1', [['root', SET, 'WARN']]),
    describe(BROKER_LOGGER, '1', ['root']),
    one('the root logger, validate only', BROKER_LOGGER, '1', [['root', SET, 'ERROR']], true),
    one('the root logger, an unknown level', BROKER_LOGGER, '1', [['root', SET, 'LOUD']]),
    one('the root logger, in lower case', BROKER_LOGGER, '1', [['root', SET, 'debug']]),
    one('the root logger, deleted', BROKER_LOGGER, '1', [['root', DELETE, null]]),
    one('the root logger, appended to', BROKER_LOGGER, '1', [['root', APPEND, 'INFO']]),
    one('the root logger, subtracted from', BROKER_LOGGER, '1', [['root', SUBTRACT, 'INFO']]),
    one('the root logger, an unknown operation', BROKER_LOGGER, '1', [['root', 9, 'INFO']]),
    one('the root logger, null', BROKER_LOGGER, '1', [['root', SET, null]]),
    one('the root logger, back', BROKER_LOGGER, '1', [['root', SET, 'INFO']]),
    one('an unknown type', 99, 'x', [['a', SET, 'b']]),
    q('an unknown operation beside others', {
      resources: [
        resource(TOPIC, tag, [['retention.ms', 9, '1']]),
        resource(GROUP, tag, [['consumer.session.timeout.ms', SET, '50000']]),
        resource(TOPIC, 'absent', [['retention.ms', SET, null]]),
        resource(BROKER_LOGGER, '1', [['root', SET, 'INFO']]),
        resource(BROKER, '1', [['log.cleaner.threads', 9, '1']]),
      ],
    }),
    q('a resource twice, and another', {
      resources: [
        resource(TOPIC, tag, [['retention.ms', SET, '1']]),
        resource(TOPIC, tag, [['retention.ms', SET, '2']]),
        resource(TOPIC, 'absent', [['retention.ms', SET, '2']]),
        resource(GROUP, tag, [['consumer.session.timeout.ms', SET, '50000']]),
      ],
    }),
    q('no resources', { resources: [] }),
  ]
})

const listConfigResources = atEach('ListConfigResources', { from: 0, to: 1 }, (version, tag, q) => {
  const alter = (note: string, resourceType: number, resourceName: string, entries: readonly Operation[]) =>
    ask('IncrementalAlterConfigs', 1, note, {
      resources: [{ resourceType, resourceName, configs: operations(entries) }],
    })
  const questions = [
    alter(PREPARES, CLIENT_METRICS, tag, [['interval.ms', SET, '1000']]),
    alter(PREPARES, GROUP, tag, [['consumer.session.timeout.ms', SET, '50000']]),
    q('', {}),
  ]
  if (version === 0) return questions
  const of = (note: string, ...resourceTypes: number[]) => q(note, { resourceTypes })
  return [
    ...questions,
    of('client metrics', CLIENT_METRICS),
    of('groups', GROUP),
    of('brokers and their loggers', BROKER, BROKER_LOGGER),
    of('the same type twice', BROKER, BROKER),
    of('topics', TOPIC),
    of('an unknown type', 99),
    of('a known and an unknown type', BROKER, 99),
    of('type 0', 0),
    alter('back', GROUP, tag, [['consumer.session.timeout.ms', DELETE, null]]),
    alter('back', CLIENT_METRICS, tag, [['interval.ms', DELETE, null]]),
    of(AFTERWARDS, GROUP, CLIENT_METRICS),
  ]
})

const describeTopicPartitions = atEach('DescribeTopicPartitions', { from: 0, to: 0 }, (_version, tag, q) => {
  const one = (note: string, names: readonly string[], more: object = {}) =>
    q(note, { topics: names.map((name) => ({ name })), ...more })
  const [a, b] = [`${tag}-a`, `${tag}-b`]
  const cursor = (topicName: string, partitionIndex: number) => ({ cursor: { topicName, partitionIndex } })
  return [
    create(a, 3),
    create(b, 2),
    one('two topics', [b, a]),
    one('a topic twice', [a, a]),
    one('with a missing one', [b, `${tag}-absent`, a]),
    one('invalid names', ['bad name', '', '.']),
    one('limited', [a, b], { responsePartitionLimit: 2 }),
    one('limited to a topic', [a, b], { responsePartitionLimit: 3 }),
    one('limited to a topic, and a missing one', [a, `${a}a`, b], { responsePartitionLimit: 3 }),
    one('limited to nothing', [a, b], { responsePartitionLimit: 0 }),
    one('limited to less', [a, b], { responsePartitionLimit: -5 }),
    one('from a cursor', [a, b], cursor(a, 2)),
    one('from a cursor behind the end', [a, b], cursor(a, 7)),
    one('from the second topic', [a, b], cursor(b, 0)),
    one('from a cursor, limited', [a, b], { ...cursor(a, 1), responsePartitionLimit: 1 }),
    one('from a cursor at a topic not asked for', [a, b], cursor(`${a}a`, 0)),
    one('from a cursor at a missing topic', [a, `${tag}-absent`, b], cursor(`${tag}-absent`, 0)),
    one('from a negative cursor', [a], cursor(a, -1)),
    one('from a negative cursor, at a topic not asked for', [a], cursor('zzz', -1)),
    one('all, from a cursor', [], cursor(`${tag}`, 0)),
    one('all, from a missing topic', [], cursor(`${tag}-aa`, 5)),
    one('all, from a negative cursor', [], cursor(a, -1)),
  ]
})

const describeCluster = atEach('DescribeCluster', { from: 0, to: 2 }, (version, _tag, q) => [
  q('', {}),
  q('with operations', { includeClusterAuthorizedOperations: true }),
  ...(version >= 1 ? [0, 2, 3, -1].map((endpointType) => q(`of endpoint type ${endpointType}`, { endpointType })) : []),
  ...(version >= 2 ? [q('fenced too', { includeFencedBrokers: true })] : []),
])

const updateFeatures = atEach('UpdateFeatures', { from: 0, to: 2 }, (version, _tag, q) => {
  const update = (feature: string, maxVersionLevel: number, upgradeType = 1) =>
    version === 0
      ? { feature, maxVersionLevel, allowDowngrade: upgradeType !== 1 }
      : { feature, maxVersionLevel, upgradeType }
  const one = (feature: string, level: number, upgradeType = 1) =>
    q(`${feature} to ${level} as ${upgradeType}`, { featureUpdates: [update(feature, level, upgradeType)], timeoutMs })
  const [SAFE, UNSAFE] = [2, 3]
  return [
    one('metadata.version', 30),
    one('metadata.version', 31),
    one('metadata.version', 29),
    one('metadata.version', 29, SAFE),
    one('metadata.version', 29, UNSAFE),
    one('metadata.version', 7, UNSAFE),
    one('metadata.version', 6, UNSAFE),
    one('metadata.version', 0, UNSAFE),
    one('metadata.version', -1, UNSAFE),
    one('metadata.version', 30, SAFE),
    one('nope', 1),
    one('nope', 0),
    one('', 1),
    one('kraft.version', 0),
    one('kraft.version', 2),
    one('group.version', 1),
    one('group.version', 2),
    one('group.version', 0),
    one('group.version', 1, SAFE),
    ...(version >= 1 ? [one('group.version', 1, 0), one('group.version', 1, 9)] : []),
    q('two, of which one is wrong', {
      featureUpdates: [update('share.version', 1), update('streams.version', 9)],
      timeoutMs,
    }),
    q('two that are wrong', { featureUpdates: [update('streams.version', 9), update('share.version', 9)], timeoutMs }),
    q('one twice', { featureUpdates: [update('share.version', 1), update('share.version', 9)], timeoutMs }),
    q('no time', { featureUpdates: [update('share.version', 1)], timeoutMs: 0 }),
    q('nothing', { featureUpdates: [], timeoutMs }),
    ...(version === 0
      ? []
      : [
          q('validate only', { featureUpdates: [update('transaction.version', 0, SAFE)], validateOnly: true }),
          q('validate only, and wrong', { featureUpdates: [update('transaction.version', 9)], validateOnly: true }),
          one('eligible.leader.replicas.version', 0, SAFE),
          ask('IncrementalAlterConfigs', 1, 'without eligible leader replicas', {
            resources: [
              { resourceType: BROKER, resourceName: '', configs: operations([['min.insync.replicas', DELETE, null]]) },
              { resourceType: BROKER, resourceName: '1', configs: operations([['min.insync.replicas', SET, '2']]) },
            ],
          }),
          one('eligible.leader.replicas.version', 1),
          describe(BROKER, ''),
          describe(BROKER, '1', ['min.insync.replicas']),
          one('transaction.version', 1, SAFE),
          one('transaction.version', 2),
          ask('ApiVersions', 4, AFTERWARDS, { clientSoftwareName: 'questions', clientSoftwareVersion: '1' }),
        ]),
  ]
})

const describeQuorum = atEach('DescribeQuorum', { from: 0, to: 2 }, (_version, _tag, q) => {
  const one = (note: string, topicName: string, ...partitions: number[]) =>
    q(note, { topics: [{ topicName, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }] })
  return [
    one('', '__cluster_metadata', 0),
    one('another topic', 'absent', 0),
    one('another partition', '__cluster_metadata', 1),
    one('the partition twice', '__cluster_metadata', 0, 0),
    one('no partition', '__cluster_metadata'),
    q('no topic', { topics: [] }),
  ]
})

const electLeaders = atEach('ElectLeaders', { from: 0, to: 2 }, (version, tag, q) => {
  const one = (note: string, electionType: number, topicPartitions: [string, number[]][] | null, more: object = {}) =>
    q(note, {
      ...(version >= 1 ? { electionType } : {}),
      topicPartitions: topicPartitions?.map(([topic, partitions]) => ({ topic, partitions })) ?? null,
      timeoutMs,
      ...more,
    })
  const questions = [
    create(tag, 2),
    one('a partition', 0, [[tag, [0, 1]]]),
    one('what is not there', 0, [
      [tag, [0, 7, -1]],
      ['absent', [0]],
    ]),
    one('a topic without partitions', 0, [[tag, []]]),
    one('none', 0, [], { timeoutMs: 0 }),
    one('no time', 0, [[tag, [0]]], { timeoutMs: 0 }),
    one('all, and no time', 0, null, { timeoutMs: 0 }),
  ]
  if (version === 0) return questions
  return [
    ...questions,
    one('uncleanly', 1, [
      [tag, [0, 7]],
      ['absent', [0]],
    ]),
    one('in an unknown way', 9, [[tag, [0]]]),
    one('none in an unknown way', 9, []),
    one('all in an unknown way', 9, null),
  ]
})

const alterPartitionReassignments = atEach('AlterPartitionReassignments', { from: 0, to: 1 }, (version, tag, q) => {
  const one = (note: string, name: string, partitions: [number, number[] | null][], more: object = {}) =>
    q(note, {
      topics: [{ name, partitions: partitions.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas })) }],
      timeoutMs,
      ...more,
    })
  return [
    create(tag, 2),
    one('to where it is', tag, [
      [0, [1]],
      [1, [1]],
    ]),
    one('called off', tag, [[0, null]]),
    one('to nobody', tag, [[0, [9]]]),
    one('to nobody and somebody', tag, [[0, [1, 9]]]),
    one('to one twice', tag, [[0, [1, 1]]]),
    one('to none', tag, [[0, []]]),
    one('what is not there', tag, [
      [7, [1]],
      [-1, null],
    ]),
    one('a missing topic', 'absent', [
      [0, [1]],
      [0, null],
    ]),
    one('no partitions', tag, []),
    one('no time', tag, [[0, [1]]], { timeoutMs: 0 }),
    q('nothing', { topics: [], timeoutMs: 0 }),
    ...(version >= 1
      ? [
          one('with the same replication factor', tag, [[0, [1]]], { allowReplicationFactorChange: false }),
          q('nothing, with the same replication factor', {
            topics: [],
            timeoutMs,
            allowReplicationFactorChange: false,
          }),
        ]
      : []),
  ]
})

const listPartitionReassignments = atEach('ListPartitionReassignments', { from: 0, to: 0 }, (_version, tag, q) => [
  create(tag),
  q('all', { topics: null, timeoutMs }),
  q('none', { topics: [], timeoutMs }),
  q('some', {
    topics: [
      { name: tag, partitionIndexes: [0, 7] },
      { name: 'absent', partitionIndexes: [0] },
    ],
    timeoutMs,
  }),
  q('no time', { topics: null, timeoutMs: 0 }),
])

const unregisterBroker = atEach('UnregisterBroker', { from: 0, to: 0 }, (_version, _tag, q) => [
  q('an unknown one', { brokerId: 9 }),
  q('a negative one', { brokerId: -1 }),
])

const restricted: Question[] = [
  ...[2, 3, 6].map((version) =>
    ask('DeleteTopics', version, 'not enabled', {
      ...(version >= 6 ? { topics: [{ name: 'a' }, { name: null, topicId: UNKNOWN_ID }] } : { topicNames: ['a'] }),
      timeoutMs,
    }),
  ),
  ask('DeleteTopics', 6, 'not enabled, and nothing', { topics: [], timeoutMs }),
  ask('CreateTopics', 7, 'defaults of the broker', {
    topics: [{ name: 'defaults', numPartitions: -1, replicationFactor: -1 }],
    timeoutMs,
  }),
  ask('CreateTopics', 7, 'a replication factor of the broker that is too high', {
    topics: [{ name: 'defaults-too', numPartitions: 1, replicationFactor: -1 }],
    timeoutMs,
  }),
  create('limited-a', 5),
  create('limited-b', 2),
  ask('DescribeTopicPartitions', 0, 'limited by the broker', {
    topics: [{ name: 'limited-a' }, { name: 'limited-b' }],
    responsePartitionLimit: 2000,
  }),
  ask('Metadata', 12, 'no auto creation', { topics: [{ name: 'absent' }], allowAutoTopicCreation: true }),
  ask('Metadata', 12, 'with a rack', { topics: [] }),
  ask('DescribeCluster', 2, 'with a rack', {}),
  ask('IncrementalAlterConfigs', 1, 'what counts for a topic', {
    resources: [
      {
        resourceType: BROKER,
        resourceName: '',
        configs: operations([
          ['log.retention.ms', SET, '60000'],
          ['auto.create.topics.enable', SET, 'true'],
          ['log.cleanup.policy', APPEND, 'compact'],
        ]),
      },
    ],
  }),
  ask('IncrementalAlterConfigs', 1, 'what counts for a topic', {
    resources: [
      { resourceType: BROKER, resourceName: '', configs: operations([['log.retention.ms', SET, '60000']]) },
      { resourceType: BROKER, resourceName: '1', configs: operations([['log.cleanup.policy', APPEND, 'compact']]) },
    ],
  }),
  describe(TOPIC, 'limited-a'),
  ask('CreateTopics', 7, AFTERWARDS, {
    topics: [
      {
        name: 'inherits',
        numPartitions: 1,
        replicationFactor: 1,
        configs: [{ name: 'segment.bytes', value: ' 2000000 ' }],
      },
    ],
    timeoutMs,
  }),
]

const unregistered: Question[] = [
  create('left', 2, { 'min.insync.replicas': '2' }),
  create('unclean', 1, { 'unclean.leader.election.enable': 'true' }),
  ask('UnregisterBroker', 0, 'itself', { brokerId: 1 }),
  ...[0, 1, 5, 6, 12].map((version) => ask('Metadata', version, AFTERWARDS, { topics: [{ name: 'left' }] })),
  ask('DescribeCluster', 2, AFTERWARDS, { includeFencedBrokers: true }),
  ask('DescribeTopicPartitions', 0, AFTERWARDS, { topics: [{ name: 'left' }, { name: 'unclean' }] }),
  ask('ListConfigResources', 1, AFTERWARDS, { resourceTypes: [BROKER, BROKER_LOGGER] }),
  ask('UnregisterBroker', 0, 'itself again', { brokerId: 1 }),
  create('late'),
  ask('CreateTopics', 7, 'assigned to who is gone', {
    topics: [
      {
        name: 'late',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [1] }],
      },
    ],
    timeoutMs,
  }),
  ask('CreatePartitions', 3, '', { topics: [{ name: 'left', count: 3, assignments: null }], timeoutMs }),
  ...[0, 1].map((electionType) =>
    ask('ElectLeaders', 2, '', { electionType, topicPartitions: [{ topic: 'left', partitions: [0] }], timeoutMs }),
  ),
  ask('ElectLeaders', 2, 'all', { electionType: 1, topicPartitions: null, timeoutMs }),
  ask('AlterPartitionReassignments', 1, '', {
    topics: [{ name: 'left', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
    timeoutMs,
  }),
  ask('UpdateFeatures', 2, '', { featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1 }], timeoutMs }),
  ask('IncrementalAlterConfigs', 1, '', {
    resources: [
      { resourceType: BROKER, resourceName: '1', configs: operations([['log.cleaner.threads', SET, '2']]) },
      { resourceType: TOPIC, resourceName: 'left', configs: operations([['retention.ms', SET, '2']]) },
    ],
  }),
  ask('DeleteTopics', 6, '', { topics: [{ name: 'left' }], timeoutMs }),
]

/** Each on a broker of its own, in this order. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'a single node',
    overrides: {},
    questions: [
      ...apiVersions,
      ...metadata,
      ...createTopics,
      ...deleteTopics,
      ...createPartitions,
      ...describeConfigs,
      ...alterConfigs,
      ...incrementalAlterConfigs,
      ...listConfigResources,
      ...describeTopicPartitions,
      ...describeCluster,
      ...describeQuorum,
      ...electLeaders,
      ...alterPartitionReassignments,
      ...listPartitionReassignments,
      ...unregisterBroker,
      ...updateFeatures,
    ],
  },
  {
    name: 'a restricted node',
    overrides: {
      'delete.topic.enable': 'false',
      'auto.create.topics.enable': 'false',
      'max.request.partition.size.limit': '3',
      'num.partitions': '4',
      'default.replication.factor': '2',
      'broker.rack': 'r1',
      'log.retention.hours': '24',
      'log.roll.hours': ' 48 ',
      'log.message.timestamp.type': 'LogAppendTime',
    },
    questions: restricted,
  },
  { name: 'a node that leaves its cluster', overrides: {}, questions: unregistered },
]
