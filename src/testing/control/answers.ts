// What the control server answers, in JSON Schema, for the OpenAPI document; a test holds the answers to it. Routes that
// are not here answer with nothing.
import { flag, list, map, natural, partitionOffsets, type Schema, text, whole } from './schemas.ts'

/** All of it is there, but for what `optional` names. */
function view(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

const textOrNull: Schema = { type: ['string', 'null'] }
const anything: Schema = {}
const topicPartition = view({ topic: text, partition: natural })
const ofBytes = (name: string) => ({
  [name]: { ...textOrNull, description: 'Null where it is no text, or nothing' },
  [`${name}Base64`]: textOrNull,
})

export const components = {
  Error: view({ error: text, message: text }),
  Status: view({ status: text, bootstrapServers: text }, ['bootstrapServers']),
  Broker: view({
    brokers: list(text),
    bootstrapServers: text,
    host: text,
    port: natural,
    clusterId: text,
    nodeId: natural,
  }),
  Partition: view({
    topic: text,
    partition: natural,
    leader: whole,
    leaderEpoch: whole,
    logStartOffset: natural,
    highWatermark: natural,
    lastStableOffset: natural,
    logEndOffset: natural,
    sizeInBytes: natural,
    segments: natural,
    openTransactions: list(view({ producerId: whole, firstOffset: natural })),
  }),
  Topic: view({ name: text, topicId: text, isInternal: flag, configs: map(text), partitions: list(ref('Partition')) }),
  Record: view({
    topic: text,
    partition: natural,
    offset: natural,
    timestamp: whole,
    timestampType: { enum: ['CreateTime', 'LogAppendTime'] },
    ...ofBytes('key'),
    ...ofBytes('value'),
    headers: list(view({ key: text, ...ofBytes('value') })),
    producer: { anyOf: [view({ id: whole, epoch: whole, sequence: whole }), { type: 'null' }] },
    transaction: { enum: ['none', 'open', 'committed', 'aborted'] },
    marker: { enum: ['COMMIT', 'ABORT', null] },
    batch: view({
      baseOffset: natural,
      lastOffset: natural,
      records: natural,
      sizeInBytes: natural,
      leaderEpoch: whole,
    }),
    codec: { enum: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] },
    schemaId: { type: ['integer', 'null'] },
  }),
  Place: view({ partition: natural, offset: natural }),
  Group: view(
    {
      groupId: text,
      type: { enum: ['classic', 'consumer'] },
      state: text,
      protocol: text,
      members: list(
        view(
          {
            memberId: text,
            instanceId: textOrNull,
            clientId: text,
            clientHost: text,
            topics: list(text),
            assignment: list(topicPartition),
            memberEpoch: whole,
          },
          ['memberEpoch'],
        ),
      ),
      committed: map(partitionOffsets),
      lag: map(partitionOffsets),
      totalLag: natural,
      groupEpoch: whole,
    },
    ['groupEpoch'],
  ),
  Transaction: view(
    {
      transactionalId: text,
      state: text,
      producerId: whole,
      producerEpoch: whole,
      timeoutMs: natural,
      startedMs: whole,
      partitions: list(topicPartition),
    },
    ['startedMs'],
  ),
  Producer: view(
    {
      producerId: whole,
      producerEpoch: whole,
      lastSequence: whole,
      lastTimestamp: whole,
      transactionStartOffset: natural,
    },
    ['transactionStartOffset'],
  ),
  Connection: view(
    {
      id: text,
      clientId: textOrNull,
      software: view({ name: text, version: text }),
      listener: text,
      host: text,
      port: natural,
      isWaiting: flag,
    },
    ['software'],
  ),
  Request: view({
    id: natural,
    time: whole,
    durationMs: { type: ['number', 'null'] },
    api: text,
    apiVersion: natural,
    clientId: textOrNull,
    connection: text,
    body: anything,
    response: anything,
    outcome: { enum: ['waiting', 'answered', 'no answer', 'disconnected'] },
    errors: list(text),
    isFaulty: flag,
  }),
  Hit: view({ api: text, apiVersion: natural, clientId: textOrNull, connection: text, body: anything }),
  Fault: view(
    { id: text, hits: natural, selector: { type: 'object' }, action: anything, options: { type: 'object' } },
    ['options'],
  ),
  Handle: view({ id: text }),
  Clock: view({ now: whole, iso: text, isFrozen: flag }),
} as const satisfies Readonly<Record<string, Schema>>

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** By method and path. */
export const answers: Readonly<Record<string, Schema>> = {
  'GET /broker': ref('Broker'),
  'GET /healthz': ref('Status'),
  'GET /readyz': ref('Status'),
  'GET /topics': list(text),
  'POST /topics': ref('Topic'),
  'GET /topics/{topic}': ref('Topic'),
  'GET /topics/{topic}/records': list(ref('Record')),
  'POST /topics/{topic}/records': list(ref('Place')),
  'GET /topics/{topic}/partitions/{partition}/producers': list(ref('Producer')),
  'GET /groups': list(text),
  'GET /groups/{group}': ref('Group'),
  'GET /transactions/{id}': ref('Transaction'),
  'GET /connections': list(ref('Connection')),
  'GET /requests': list(ref('Request')),
  'POST /wait/records': list(ref('Record')),
  'POST /wait/group': ref('Group'),
  'POST /wait/committed': ref('Group'),
  'POST /wait/lag': ref('Group'),
  'POST /wait/request': ref('Request'),
  'POST /wait/connections': list(ref('Connection')),
  'GET /faults': list(ref('Fault')),
  'POST /faults': ref('Fault'),
  'GET /faults/{id}': ref('Fault'),
  'POST /faults/{id}/wait': ref('Hit'),
  'POST /disk-faults': ref('Handle'),
  'POST /network/pause': ref('Handle'),
  'POST /network/cut': ref('Handle'),
  'POST /network/slow': ref('Handle'),
  'POST /reset': ref('Broker'),
  'POST /snapshots': ref('Handle'),
  'POST /restart': ref('Broker'),
  'GET /clock': ref('Clock'),
  'POST /clock/freeze': ref('Clock'),
  'POST /clock/resume': ref('Clock'),
  'POST /clock/advance': ref('Clock'),
  'POST /clock/set': ref('Clock'),
}
