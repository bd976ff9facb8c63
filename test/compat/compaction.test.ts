// Compaction: of each key the last value stays, at its offset. On a broker of their own, whose cleaner hardly rests.
import { config, describe, expect, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { contents, put, startOffset } from '../support/keyed-records.ts'

const HOUR_MS = 3_600_000

const test = testWith({ 'log.cleaner.backoff.ms': '100' })

describe('Compaction', config('cleanup.policy'), () => {
  const COMPACT = { 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' }

  test('keeps the last value of each key, at its offset', async ({ broker }) => {
    const { name } = await broker.topic({ configs: COMPACT })
    await put(
      broker,
      name,
      [
        ['a', '1'],
        ['b', '1'],
        ['a', '2'],
      ],
      Date.now() - 3 * HOUR_MS,
    )
    await put(
      broker,
      name,
      [
        ['b', '2'],
        ['c', '1'],
      ],
      Date.now() - 2 * HOUR_MS,
    )
    // The segment in use is not cleaned, so that a last record must stand in another.
    await put(broker, name, [['end', '']], Date.now() - HOUR_MS)
    await eventually('the old values to be gone', async () => (await contents(broker, name)).length === 4)
    expect(await contents(broker, name)).toEqual([
      [2, 'a', '2'],
      [3, 'b', '2'],
      [4, 'c', '1'],
      [5, 'end', ''],
    ])
    expect(await startOffset(broker, name)).toBe(0)
    expect(await broker.endOffset(name)).toBe(6)
  })

  test('keeps a tombstone for delete.retention.ms', async ({ broker }) => {
    const { name } = await broker.topic({ configs: COMPACT })
    await put(
      broker,
      name,
      [
        ['a', '1'],
        ['b', '1'],
      ],
      Date.now() - 3 * HOUR_MS,
    )
    await put(broker, name, [['a', null]], Date.now() - 2 * HOUR_MS)
    await put(broker, name, [['end', '']], Date.now() - HOUR_MS)
    await eventually('the old value to be gone', async () => (await contents(broker, name)).length === 3)
    expect(await contents(broker, name)).toEqual([
      [1, 'b', '1'],
      [2, 'a', null],
      [3, 'end', ''],
    ])
  })

  test('leaves the segment in use as it is', async ({ broker }) => {
    const { name } = await broker.topic({ configs: COMPACT })
    await put(
      broker,
      name,
      [
        ['a', '1'],
        ['a', '2'],
      ],
      Date.now() - 2 * HOUR_MS,
    )
    await put(
      broker,
      name,
      [
        ['b', '1'],
        ['b', '2'],
      ],
      Date.now() - HOUR_MS,
    )
    await eventually('the first segment to be cleaned', async () => (await contents(broker, name)).length < 4)
    expect(await contents(broker, name)).toEqual([
      [1, 'a', '2'],
      [2, 'b', '1'],
      [3, 'b', '2'],
    ])
  })

  test('leaves a gap of offsets that a fetch steps over', async ({ broker }) => {
    const { name } = await broker.topic({ configs: COMPACT })
    await put(broker, name, [['a', '1']], Date.now() - 4 * HOUR_MS)
    await put(broker, name, [['a', '2']], Date.now() - 3 * HOUR_MS)
    await put(broker, name, [['a', '3']], Date.now() - 2 * HOUR_MS)
    await put(broker, name, [['end', '']], Date.now() - HOUR_MS)
    await eventually('the old values to be gone', async () => (await contents(broker, name)).length === 2)
    const values = (await broker.records(name, 1)).map(({ offset, value }) => [offset, String(value)])
    expect(values).toEqual([
      [2, '3'],
      [3, ''],
    ])
  })
})
