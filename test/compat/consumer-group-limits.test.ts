// What a broker's configs bound in consumer groups: how long a member may be silent, and how many there may be.
// On a broker of their own, which is impatient.
import { apis, describe, expect, kip, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const SESSION_MS = 1_500

const test = testWith({
  'group.consumer.min.session.timeout.ms': '100',
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.heartbeat.interval.ms': '50',
  'group.consumer.heartbeat.interval.ms': '100',
  'group.consumer.assignment.interval.ms': '0',
  'group.consumer.max.size': '2',
  'group.consumer.regex.refresh.interval.ms': '10000',
})

async function members(broker: TestBroker, groupId: string): Promise<string[]> {
  const answer = await broker.ask(apis.ConsumerGroupDescribe, 1, { groupIds: [groupId] })
  return only(answer.groups).members.map(({ memberId }) => memberId)
}

describe('group.consumer.heartbeat.interval.ms', kip(848), () => {
  test('is what members are told', async ({ broker }) => {
    const member = await broker.consumer(await broker.group())
    expect((await member.join()).heartbeatIntervalMs).toBe(100)
  })

  test('gives way to the group’s own', async ({ broker }) => {
    const groupId = await broker.group()
    const configs = [{ name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '200' }]
    const resources = [{ resourceType: 32, resourceName: groupId, configs }]
    await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
    const member = await broker.consumer(groupId)
    await eventually('the group’s interval', async () => (await member.join()).heartbeatIntervalMs === 200)
  })
})

describe('group.consumer.session.timeout.ms', kip(848), () => {
  test('takes a silent member out of its group', async ({ broker }) => {
    const member = await broker.consumer(await broker.group())
    await member.join()
    await eventually('the group to be empty', async () => (await members(broker, member.groupId)).length === 0)
    expect((await member.heartbeat()).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('leaves a member that sends heartbeats, and gives it what the silent one had', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const group = await broker.group()
    const [talking, silent] = [
      await broker.consumer(group, { topics: [name] }),
      await broker.consumer(group, { topics: [name] }),
    ]
    await talking.join()
    await silent.join()
    await Promise.all([talking.settle(() => talking.size === 1), silent.settle(() => silent.size === 1)])
    await talking.settle(() => talking.size === 2)
    expect(await members(broker, group)).toEqual([talking.memberId])
  })

  test('takes out a static member that left for a while and is late', async ({ broker }) => {
    const member = await broker.consumer(await broker.group(), { instanceId: 'one' })
    await member.join()
    await member.leave(-2)
    expect(await members(broker, member.groupId)).toEqual([member.memberId])
    await eventually('the group to be empty', async () => (await members(broker, member.groupId)).length === 0)
  })
})

describe('A rebalance timeout', kip(848), () => {
  test('takes a member out that does not let its partitions go', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const group = await broker.group()
    const greedy = await broker.consumer(group, { topics: [name], rebalanceTimeoutMs: 300 })
    await greedy.join()
    await greedy.settle(() => greedy.size === 2)
    const owned = greedy.assigned
    const next = await broker.consumer(group, { topics: [name] })
    await next.join()
    const ends = eventually('the end of the greedy one', async () => {
      return (await greedy.heartbeat({ topicPartitions: owned })).errorCode === 'UNKNOWN_MEMBER_ID'
    })
    await Promise.all([ends, next.settle(() => next.size === 2)])
  })
})

describe('group.consumer.max.size', kip(848), () => {
  test('keeps more members out', async ({ broker }) => {
    const group = await broker.group()
    const [first, second, third] = [
      await broker.consumer(group),
      await broker.consumer(group),
      await broker.consumer(group),
    ]
    await first.join()
    await second.join()
    expect(await third.join()).toMatchObject({
      errorCode: 'GROUP_MAX_SIZE_REACHED',
      errorMessage: 'The consumer group has reached its maximum capacity of 2 members.',
    })
  })
})
