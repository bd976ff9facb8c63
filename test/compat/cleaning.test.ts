// What a broker throws away by itself: old records and idle connections. On a broker of their own, which looks after
// its logs many times a second.
import { openBytes } from '../support/byte-connection.ts'
import { config, describe, expect, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { contents, put, startOffset } from '../support/keyed-records.ts'

const IDLE_MS = 3_000
const HOUR_MS = 3_600_000

const test = testWith({
  'log.initial.task.delay.ms': '100',
  'log.retention.check.interval.ms': '100',
  'connections.max.idle.ms': String(IDLE_MS),
})

describe('Retention', config('log.retention.ms'), () => {
  test('deletes what is older than retention.ms, to the last record', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'retention.ms': '60000' } })
    await put(broker, name, [['k', 'old']], Date.now() - HOUR_MS)
    await eventually('the record to be gone', async () => (await startOffset(broker, name)) === 1)
    expect(await broker.append(name, ['new'])).toBe(1)
  })

  test('keeps a segment with a record that is young enough', async ({ broker }) => {
    const configs = { 'retention.ms': '60000', 'segment.ms': '1000' }
    const { name } = await broker.topic({ configs })
    await put(broker, name, [['k', 'old']], Date.now() - 2 * HOUR_MS)
    await put(broker, name, [['k', 'still old']], Date.now() - HOUR_MS)
    await put(broker, name, [['k', 'young']], Date.now())
    await eventually('the old segments to be gone', async () => (await startOffset(broker, name)) === 2)
    expect(await contents(broker, name)).toEqual([[2, 'k', 'young']])
  })

  test('deletes the oldest segments above retention.bytes', async ({ broker }) => {
    const configs = { 'retention.bytes': '1500000', 'segment.bytes': '1048576' }
    const { name } = await broker.topic({ configs })
    for (let i = 0; i < 4; i++) await broker.append(name, ['x'.repeat(900_000)])
    await eventually('the oldest to be gone', async () => (await startOffset(broker, name)) > 0)
    expect(await broker.endOffset(name)).toBe(4)
    expect((await broker.fetch(name, 0)).errorCode).toBe('OFFSET_OUT_OF_RANGE')
  })
})

describe('connections.max.idle.ms', config('connections.max.idle.ms'), () => {
  test('ends a connection that is silent for so long', async ({ broker }) => {
    const opened = performance.now()
    const connection = await openBytes(broker)
    await connection.closed
    expect(performance.now() - opened).toBeGreaterThan(IDLE_MS * 0.9)
  })
})
