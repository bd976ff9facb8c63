// A write that the end of the machine cut at any of its bytes: the broker starts, serves every record that came before,
// nothing of the torn batch, and takes new records in its place.
import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startBroker } from '../../src/index.ts'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { type CompressionName, encodeBatch } from '../../src/wire/records/index.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { RawClient } from '../support/raw-client.ts'
import { readNumbers } from './workload.ts'

const TOPIC = 'torn'
const SEGMENT = join(`${TOPIC}-0`, '00000000000000000000.log')
const directory = mkdtempSync(join(tmpdir(), 'odradek-torn-'))

afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function produce(client: RawClient, numbers: readonly number[], compression: CompressionName): Promise<void> {
  const records = numbers.map((number) => ({ key: null, value: Buffer.from(`${number}`), timestamp: Date.now() }))
  const partitionData = [{ index: 0, records: encodeBatch({ records, compression }) }]
  const answer = await client.send(apis.Produce, 9, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: TOPIC, partitionData }],
  })
  expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.NONE)
}

test.each(['none', 'lz4'] as const)(
  'the last batch (%s) cut at each of its bytes',
  { timeout: 120_000 },
  async (codec) => {
    const origin = join(directory, codec)
    const broker = await startOdradek(['--port', '0', '--log-dir', origin])
    const client = await RawClient.connect(broker.host, broker.port)
    const topics = [{ name: TOPIC, numPartitions: 1, replicationFactor: 1 }]
    await client.send(apis.CreateTopics, 5, { topics, timeoutMs: 30_000 })
    await produce(client, [0, 1, 2], codec)
    const before = statSync(join(origin, SEGMENT)).size
    await produce(client, [3, 4], codec)
    const after = statSync(join(origin, SEGMENT)).size
    client.close()
    await broker.kill()

    for (let size = before; size <= after; size++) {
      const copy = join(directory, `${codec}-${size}`)
      cpSync(origin, copy, { recursive: true })
      truncateSync(join(copy, SEGMENT), size)
      const restarted = await startBroker({
        properties: { listeners: 'PLAINTEXT://127.0.0.1:0', 'log.dirs': copy },
      })
      const reader = await RawClient.connect(restarted.host, restarted.port)
      const kept = size === after ? [0, 1, 2, 3, 4] : [0, 1, 2]
      expect(await readNumbers(reader, TOPIC), `${size - before} of ${after - before} bytes`).toEqual(kept)
      await produce(reader, [9], codec)
      expect(await readNumbers(reader, TOPIC)).toEqual([...kept, 9])
      reader.close()
      await restarted.close()
      rmSync(copy, { recursive: true })
    }
  },
)
