// DescribeLogDirs: what lies in the broker's directory.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { batchOf } from '../support/records.ts'

async function describeDir(broker: TestBroker, topics: { topic: string; partitions: number[] }[] | null, version = 5) {
  const answer = await broker.ask(apis.DescribeLogDirs, version, { topics })
  return only(answer.results)
}

describe('DescribeLogDirs', kip(113), () => {
  test.for([1, 2, 3, 4, 5])('tells the size of a partition at version %i', async (version, { broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    await broker.append(name, ['a', 'b'], {}, 1)
    const dir = await describeDir(broker, [{ topic: name, partitions: [0, 1] }], version)
    expect(dir.errorCode).toBe('NONE')
    expect(dir.logDir).toMatch(/^[/A-Z]/)
    const partitions = only(dir.topics).partitions.sort((a, b) => a.partitionIndex - b.partitionIndex)
    expect(partitions).toEqual([
      { partitionIndex: 0, partitionSize: 0, offsetLag: 0, isFutureKey: false },
      { partitionIndex: 1, partitionSize: batchOf(['a', 'b']).length, offsetLag: 0, isFutureKey: false },
    ])
  })

  test('tells the size of the disk from version 4 on', async ({ broker }) => {
    const { totalBytes, usableBytes } = await describeDir(broker, [], 4)
    expect(totalBytes).toBeGreaterThan(0)
    expect(usableBytes).toBeGreaterThan(0)
    expect(usableBytes).toBeLessThanOrEqual(totalBytes)
  })

  test('lists all topics where they are null', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await describeDir(broker, null)
    expect(topics.map((topic) => topic.name)).toContain(name)
  })

  test('lists no topics where they are none', async ({ broker }) => {
    expect((await describeDir(broker, [])).topics).toEqual([])
  })

  test('leaves out what it does not have', async ({ broker }) => {
    const { name } = await broker.topic()
    const asked = [
      { topic: name, partitions: [7] },
      { topic: broker.name('missing'), partitions: [0] },
    ]
    expect((await describeDir(broker, asked)).topics).toEqual([])
  })

  test('forgets a topic that was deleted', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    await eventually('the partition to be gone', async () => {
      const { topics } = await describeDir(broker, [{ topic: name, partitions: [0] }])
      return topics.length === 0
    })
  })
})
