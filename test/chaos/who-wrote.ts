// Which batches hold records that are in a log twice, aborted ones included: one producer id and epoch in both says that a
// client read on from the wrong place; two of them say that the second was told, or fenced, too late.
import { apis } from '../../src/wire/index.ts'
import { Batch, readRecords } from '../../src/wire/records/index.ts'
import type { Asker } from './pipeline.ts'

const LINES = 40

/** A line for each record that is there again: both batches, by producer id, epoch, sequence and offset. */
export async function whoWroteTwice(ask: Asker, topic: string, partitions: number): Promise<string> {
  const lines: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const seen = new Map<string, string>()
    for (let offset = 0, next = -1; offset !== next; ) {
      const records = await fetch(ask, topic, partition, offset)
      next = offset
      for (const at of Batch.positions(records)) {
        offset = Batch.lastOffset(records, at) + 1
        if (Batch.isControl(records, at)) continue
        const batch = described(records, at)
        for (const { value } of readRecords(records, at)) {
          const before = seen.get(String(value))
          if (before !== undefined) lines.push(`partition ${partition}, ${value}: ${before}, then ${batch}`)
          seen.set(String(value), batch)
        }
      }
    }
  }
  return lines.slice(0, LINES).join('\n')
}

async function fetch(ask: Asker, topic: string, partition: number, fetchOffset: number): Promise<Buffer> {
  const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }]
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, topics: [{ topic, partitions }] }
  const answer = await ask((client) => client.ask(apis.Fetch, 12, request))
  return answer.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
}

function described(records: Buffer, at: number): string {
  const producer = `producer ${Batch.producerId(records, at)}, epoch ${Batch.producerEpoch(records, at)}`
  return `${producer}, sequence ${Batch.baseSequence(records, at)} at offset ${Batch.baseOffset(records, at)}`
}
