// Copies a topic into another with kafkajs, partition by partition, as one member of a group: a process of its own.
// kafkajs commits offsets in a transaction without saying which member it is (it is older than KIP-447), so each input
// partition has a transactional id of its own: whoever takes the partition over fences who had it, and only then asks
// how far that one came. From there on this program counts itself: a consumer whose rejoining fails half-way goes on
// fetching from where it was before the last commit.
import { type Admin, type EachBatchPayload, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'

const options = new Map(process.argv.slice(2).map((arg) => arg.split('=', 2) as [string, string]))
const option = (name: string) => options.get(name) ?? ''
const [group, input, output] = [option('group'), option('input'), option('output')]
const say = (what: string) => console.log(`${Date.now() % 1_000_000} ${what}`)

const kafka = new Kafka({
  clientId: option('name'),
  brokers: [option('bootstrap')],
  requestTimeout: 10_000,
  retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 1000 },
  logLevel: logLevel.WARN,
  logCreator:
    () =>
    ({ log, namespace }) =>
      say(`${namespace} ${log.message} ${log.error ?? ''}`),
})

/** Who writes the output of an input partition, and which offset comes next. */
interface Owned {
  readonly producer: Producer
  next: string
}

const owned = new Map<number, Owned>()
/** What is being copied, of this generation of the group or of one before. */
const copying = new Map<number, Promise<void>>()

function end(why: string): never {
  say(`ends after ${why}`)
  process.exit(1)
}

/** Fences who had the partition before, and goes on where that one left it. */
async function takeOver(admin: Admin, partition: number): Promise<Owned> {
  await copying.get(partition)
  const producer = kafka.producer({
    transactionalId: `${group}-${partition}`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const [committed] = await admin.fetchOffsets({ groupId: group, topics: [input] })
  const offset = committed?.partitions.find((one) => one.partition === partition)?.offset ?? '-1'
  const own = { producer, next: offset === '-1' ? '0' : offset }
  owned.set(partition, own)
  say(`took ${partition} over at ${offset}`)
  return own
}

async function copy(own: Owned, { batch }: EachBatchPayload): Promise<void> {
  const transaction = await own.producer.transaction()
  const messages = batch.messages.map(({ key, value, timestamp }) => ({
    partition: batch.partition,
    key,
    value,
    timestamp,
  }))
  await transaction.send({ topic: output, messages })
  const next = String(BigInt(batch.lastOffset()) + 1n)
  const topics = [{ topic: input, partitions: [{ partition: batch.partition, offset: next }] }]
  await transaction.sendOffsets({ consumerGroupId: group, topics })
  say(`commits ${batch.partition} up to ${next}`)
  await transaction.commit()
  own.next = next
}

const admin = kafka.admin()
const consumer = kafka.consumer({
  groupId: group,
  sessionTimeout: 3000,
  rebalanceTimeout: 6000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 4096,
  readUncommitted: false,
  retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 1000, restartOnFailure: async () => false },
})

consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  say(`joined ${JSON.stringify(payload.memberAssignment)}`)
  owned.clear()
})
consumer.on(consumer.events.CRASH, ({ payload }) => end(`${payload.error}`))
process.once('SIGTERM', async () => {
  await consumer.disconnect()
  say('stopped')
  process.exit(0)
})

async function run(): Promise<void> {
  await admin.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: input, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 4,
    eachBatch: async (payload) => {
      const { partition } = payload.batch
      if (payload.isStale() || !payload.isRunning()) return
      const own = owned.get(partition) ?? (await takeOver(admin, partition))
      if (payload.batch.firstOffset() !== own.next) {
        consumer.seek({ topic: input, partition, offset: own.next })
        return
      }
      // How a failed transaction ended is not known here: a new process asks.
      const copied = copy(own, payload).catch((error: unknown) => end(`${error}`))
      copying.set(partition, copied)
      await copied
      payload.resolveOffset(payload.batch.lastOffset())
      await payload.heartbeat()
    },
  })
}

run().catch((error: unknown) => end(`${error}`))
