// What runs while the broker is killed: producers that remember what was acknowledged, and the check afterwards.
import type { Infer } from '../../src/wire/index.ts'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { Batch, encodeBatch, readRecords } from '../../src/wire/records/index.ts'
import type { Seeded } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

type ProduceResponse = Infer<typeof apis.Produce.response>

const MAX_IN_FLIGHT = 5

/**
 * Writes numbered records to one partition, one batch after the other, up to five in flight.
 * An idempotent one sends what was not acknowledged again, with the same sequence numbers, after a restart.
 */
export class NumberedProducer {
  readonly topic: string
  readonly idempotent: boolean
  /** Every number below this one was acknowledged, and (for a plain producer) those in `acknowledged`. */
  readonly acknowledged: number[] = []
  private next = 0
  private producerId = -1
  private unacknowledged: { first: number; count: number }[] = []

  constructor(topic: string, idempotent: boolean) {
    this.topic = topic
    this.idempotent = idempotent
  }

  /** Produces until the connection ends or `stop` says so. */
  async run(address: Address, random: Seeded, stop: () => boolean): Promise<void> {
    let client: RawClient | undefined
    try {
      client = await RawClient.connect(address.host, address.port)
      if (this.idempotent && this.producerId < 0) await this.initProducerId(client)
      const again = this.idempotent ? this.unacknowledged : []
      this.unacknowledged = []
      const inFlight = new Set<Promise<void>>()
      while (!stop() || again.length > 0) {
        const batch = again.shift() ?? { first: this.next, count: 1 + random.below(20) }
        this.next = Math.max(this.next, batch.first + batch.count)
        this.unacknowledged.push(batch)
        const sent = this.sendBatch(client, batch).finally(() => inFlight.delete(sent))
        inFlight.add(sent)
        if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
      }
      await Promise.all(inFlight)
    } catch (error) {
      if (!/closed|ECONN|EPIPE/.test(String(error))) throw error
    } finally {
      client?.close()
      await client?.closed
    }
  }

  private async initProducerId(client: RawClient): Promise<void> {
    const answer = await client.send(apis.InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    if (answer.errorCode !== 0) throw new Error(`InitProducerId: ${answer.errorCode}`)
    this.producerId = answer.producerId
  }

  private async sendBatch(client: RawClient, batch: { first: number; count: number }): Promise<void> {
    const records = Array.from({ length: batch.count }, (_, i) => ({
      key: null,
      value: Buffer.from(`${batch.first + i}`.padEnd(100, '.')),
      headers: [],
      timestamp: Date.now(),
    }))
    const bytes = encodeBatch({
      records,
      producerId: this.producerId,
      producerEpoch: this.idempotent ? 0 : -1,
      baseSequence: this.idempotent ? batch.first : -1,
    })
    const topicData = [{ name: this.topic, partitionData: [{ index: 0, records: bytes }] }]
    const answer: ProduceResponse = await client.send(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const errorCode = answer.responses[0]?.partitionResponses[0]?.errorCode
    if (errorCode !== ErrorCode.NONE) throw new Error(`Produce to ${this.topic}: ${errorCode}`)
    for (let i = 0; i < batch.count; i++) this.acknowledged.push(batch.first + i)
    this.unacknowledged = this.unacknowledged.filter((one) => one !== batch)
  }
}

/** Every number in the topic's only partition, in the order of its offsets. */
export async function readNumbers(client: RawClient, topic: string): Promise<number[]> {
  const numbers: number[] = []
  let offset = 0
  for (;;) {
    const answer = await client.send(apis.Fetch, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 8 << 20,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 8 << 20 }] }],
    })
    const partition = answer.responses[0]?.partitions[0]
    if (partition?.errorCode !== ErrorCode.NONE) throw new Error(`Fetch of ${topic}: ${partition?.errorCode}`)
    const records = partition.records ?? Buffer.alloc(0)
    for (const at of Batch.positions(records)) {
      for (const record of readRecords(records, at)) {
        if (record.offset < offset) continue
        if (record.offset !== offset) throw new Error(`${topic}: offset ${record.offset}, ${offset} expected`)
        numbers.push(Number.parseInt(String(record.value), 10))
        offset++
      }
    }
    if (offset >= partition.highWatermark) return numbers
  }
}

/** What of a producer's promises does not hold in what was found; empty where all hold. */
export function broken(producer: NumberedProducer, found: readonly number[]): string[] {
  const faults: string[] = []
  const seen = new Map<number, number>()
  for (const number of found) seen.set(number, (seen.get(number) ?? 0) + 1)
  const lost = producer.acknowledged.filter((number) => !seen.has(number))
  if (lost.length > 0) faults.push(`${lost.length} acknowledged records lost, first ${lost[0]}`)
  const doubled = [...seen].filter(([, times]) => times > 1)
  if (doubled.length > 0) faults.push(`${doubled.length} records doubled, first ${doubled[0]?.[0]}`)
  const disorder = found.findIndex((number, i) => i > 0 && number <= (found[i - 1] ?? 0))
  if (disorder >= 0) faults.push(`reordered at index ${disorder}: ${found[disorder - 1]} before ${found[disorder]}`)
  return faults
}
