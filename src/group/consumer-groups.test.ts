// The life of a consumer group (KIP-848): joining, epochs, the way from one assignment to the next, silence, static
// members, and what is refused.
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../test/support/coordinator-storage.ts'
import { Consumer, consumerStateOf, settle, settledConsumers } from '../../test/support/group-consumer.ts'
import {
  addPartition,
  createTopic,
  deleteTopic,
  type GroupRoom,
  groupRoom,
  setGroupConfig,
  topicIdOf,
  topicIds,
} from '../../test/support/group-room.ts'
import { KafkaError } from '../wire/index.ts'

const NOW = { 'group.consumer.assignment.interval.ms': '0' }

/** How many records the log has of all groups. */
const written = ({ storage }: GroupRoom) => [0, 1, 2].reduce((sum, index) => sum + storage.entries(index).length, 0)

async function messageOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise
  } catch (error) {
    if (error instanceof KafkaError) return error.errorMessage
    throw error
  }
  return null
}

const pair = (consumers: readonly Consumer[]) => consumers as [Consumer, Consumer]

describe('a first member', () => {
  test('has all partitions with its first heartbeat, in epoch 2: a group begins with 1', async () => {
    const room = await groupRoom()
    const consumer = new Consumer(room, 'g', { topics: ['red', 'blue'] })
    expect(await consumer.join()).toMatchObject({
      memberId: consumer.memberId,
      memberEpoch: 2,
      heartbeatIntervalMs: 5000,
    })
    expect(consumer.partitions.toSorted()).toEqual(['blue-0', 'blue-1', 'red-0', 'red-1'])
    expect(await consumerStateOf(room, 'g')).toBe('Stable')
  })

  test('of version 0 is given a member id', async () => {
    const room = await groupRoom()
    const consumer = new Consumer(room, 'g', { apiVersion: 0, memberId: '' })
    await consumer.join()
    expect(Buffer.from(consumer.memberId, 'base64url')).toHaveLength(16)
    expect((await consumer.beat()).memberEpoch).toBe(2)
  })

  test('has nothing of topics that there are not, until they are made', async () => {
    const room = await groupRoom(NOW)
    const consumer = new Consumer(room, 'g', { topics: ['green'] })
    expect((await consumer.join()).assignment).toEqual({ topicPartitions: [] })
    createTopic(room, 'green', 3)
    expect(await consumer.beat()).toMatchObject({ memberEpoch: 3 })
    expect(consumer.partitions).toEqual(['green-0', 'green-1', 'green-2'])
  })
})

describe('a heartbeat', () => {
  test('that changes nothing is answered without an assignment, and writes nothing', async () => {
    const room = await groupRoom()
    const [consumer] = await settledConsumers(room, 'g', {})
    const before = written(room)
    for (let count = 0; count < 10; count++) {
      expect((await consumer?.beat())?.assignment).toBeNull()
      expect((await consumer?.confirm())?.assignment).toBeNull()
    }
    expect(written(room)).toBe(before)
  })

  test('that says everything is told everything', async () => {
    const room = await groupRoom()
    const [consumer] = await settledConsumers(room, 'g', {})
    const said = {
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['red'],
      topicPartitions: consumer?.assigned ?? [],
    }
    expect((await consumer?.beat(said))?.assignment?.topicPartitions).toHaveLength(1)
  })

  test('with another subscription moves the group to another epoch', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    await consumer?.beat({ subscribedTopicNames: ['blue'] })
    expect(consumer?.epoch, 'it has yet to say that it let the partitions of red go').toBe(2)
    expect(consumer?.partitions).toEqual([])
    await consumer?.beat({ topicPartitions: [] })
    expect(consumer?.epoch).toBe(3)
    expect(consumer?.partitions).toEqual(['blue-0', 'blue-1'])
  })

  test('with another client id or rack is recorded, and no reason for another epoch', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    const before = written(room)
    expect((await consumer?.beat({ rackId: 'a' }))?.memberEpoch).toBe(2)
    expect(written(room)).toBe(before + 1)
    const [described] = await room.groups.describeConsumerGroups(['g'])
    expect(described?.members).toMatchObject([{ rackId: 'a', clientId: 'client' }])
  })

  test('of a group or a member that there is not is refused', async () => {
    const room = await groupRoom()
    const [consumer] = await settledConsumers(room, 'g', {})
    const stranger = new Consumer(room, 'g', {})
    stranger.epoch = 2
    expect(await errorOf(stranger.beat())).toBe('UNKNOWN_MEMBER_ID')
    expect(await messageOf(consumer?.beat({ groupId: 'h' }) as never)).toBe('Consumer group h not found.')
  })

  test('with an epoch that is ahead is fenced', async () => {
    const room = await groupRoom()
    const [consumer] = await settledConsumers(room, 'g', {})
    expect(await messageOf(consumer?.beat({ memberEpoch: 3 }) as never)).toBe(
      'The consumer group member has a greater member epoch (3) than the one known by the group coordinator (2). The member must abandon all its partitions and rejoin.',
    )
  })

  test('with the epoch before is taken where the answer was lost, and fenced where it has more than it should', async () => {
    const room = await groupRoom(NOW)
    const [a] = pair(await settledConsumers(room, 'g', {}, {}))
    const { epoch } = a
    createTopic(room, 'green', 1)
    const taken = a.assigned
    await a.beat({ subscribedTopicNames: ['red', 'green'] })
    expect(a.epoch).toBe(epoch + 1)
    const again = await a.beat({ memberEpoch: epoch, topicPartitions: taken })
    expect(again.memberEpoch).toBe(epoch + 1)
    expect(await errorOf(a.beat({ memberEpoch: epoch, topicPartitions: null }))).toBe('FENCED_MEMBER_EPOCH')
    const tooMuch = [{ topicId: topicIds.blue, partitions: [0] }]
    expect(await errorOf(a.beat({ memberEpoch: epoch, topicPartitions: tooMuch }))).toBe('FENCED_MEMBER_EPOCH')
    expect(await errorOf(a.beat({ memberEpoch: epoch - 1, topicPartitions: [] }))).toBe('FENCED_MEMBER_EPOCH')
  })

  test('of a coordinator that serves no more, or is elsewhere, is refused', async () => {
    const room = await groupRoom()
    const [consumer] = await settledConsumers(room, 'g', {})
    room.storage.failure = new KafkaError('NOT_LEADER_OR_FOLLOWER')
    expect(await errorOf(consumer?.beat({ subscribedTopicNames: ['blue'] }) as never)).toBe('NOT_COORDINATOR')
    room.groups.close()
    expect(await errorOf(consumer?.beat() as never)).toBe('COORDINATOR_NOT_AVAILABLE')
  })
})

describe('from one assignment to the next', () => {
  test('a partition is given to another only when its owner says that it let it go', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', {})
    const b = new Consumer(room, 'g', {})
    await b.join()
    expect(b.epoch, 'it has nothing to let go').toBe(3)
    expect(b.partitions).toEqual([])
    await a?.beat()
    expect(a?.partitions, 'one of them is to go').toHaveLength(1)
    expect(a?.epoch, 'it may still have the other').toBe(2)
    expect(await consumerStateOf(room, 'g')).toBe('Reconciling')
    expect((await b.beat()).assignment).toBeNull()
    await a?.confirm()
    expect(a?.epoch).toBe(3)
    await b.beat()
    expect([...(a?.partitions ?? []), ...b.partitions].toSorted()).toEqual(['red-0', 'red-1'])
    expect(await consumerStateOf(room, 'g')).toBe('Stable')
  })

  test('a member that never says what it has is taken to have it still', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', {})
    await new Consumer(room, 'g', {}).join()
    await a?.beat()
    await a?.beat({ topicPartitions: null })
    expect(a?.epoch).toBe(2)
  })

  test('an assignment is computed at most once in an interval, and the first one at once', async () => {
    const room = await groupRoom({ 'group.consumer.assignment.interval.ms': '1000' })
    const [a] = await settledConsumers(room, 'g', {})
    const b = new Consumer(room, 'g', {})
    await b.join()
    expect(b.epoch).toBe(3)
    const c = new Consumer(room, 'g', {})
    await c.join()
    expect(c.epoch, 'the last assignment is of this moment').toBe(3)
    expect(await consumerStateOf(room, 'g')).toBe('Assigning')
    await room.pass(999)
    await a?.beat()
    expect(await consumerStateOf(room, 'g')).toBe('Assigning')
    await room.pass(1)
    await a?.beat()
    expect(await consumerStateOf(room, 'g')).toBe('Reconciling')
  })

  test('partitions that come and topics that go make another epoch', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', { topics: ['red', 'blue'] })
    addPartition(room, 'red')
    await a?.beat()
    expect(a?.epoch).toBe(3)
    expect(a?.partitions).toContain('red-2')
    deleteTopic(room, 'blue')
    await a?.beat()
    await a?.confirm()
    expect(a?.epoch).toBe(4)
    expect(a?.partitions.toSorted()).toEqual(['red-0', 'red-1', 'red-2'])
  })

  test('topics that nobody subscribes to are no reason for another epoch', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', {})
    const before = written(room)
    createTopic(room, 'green', 2)
    await a?.beat()
    expect(written(room)).toBe(before)
  })

  test('the assignor is the one that most members want, and the first of the broker without any wish', async () => {
    const room = await groupRoom({ ...NOW, 'group.consumer.assignors': 'range,uniform' })
    const assignorOf = async () => (await room.groups.describeConsumerGroups(['g']))[0]?.assignorName
    const [a, b] = pair(await settledConsumers(room, 'g', {}, { assignor: 'uniform' }))
    expect(await assignorOf()).toBe('uniform')
    await b.leave()
    await a.beat()
    expect(await assignorOf()).toBe('range')
  })
})

describe('who is silent', () => {
  test('for a session timeout is taken out, and the others have its partitions', async () => {
    const room = await groupRoom(NOW)
    const [a, b] = pair(await settledConsumers(room, 'g', {}, {}))
    await room.pass(44_999)
    await b.beat()
    await room.pass(1)
    expect(await errorOf(a.beat())).toBe('UNKNOWN_MEMBER_ID')
    await b.beat()
    expect(b.partitions).toEqual(['red-0', 'red-1'])
  })

  test('is measured with the timeout of the group, where it has one of its own', async () => {
    const room = await groupRoom({
      'group.consumer.min.session.timeout.ms': '1000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
    })
    setGroupConfig(room, 'g', 'consumer.session.timeout.ms', '6000')
    setGroupConfig(room, 'g', 'consumer.heartbeat.interval.ms', '2000')
    const consumer = new Consumer(room, 'g')
    expect((await consumer.join()).heartbeatIntervalMs).toBe(2000)
    await room.pass(5999)
    await consumer.beat()
    setGroupConfig(room, 'g', 'consumer.heartbeat.interval.ms', null)
    await room.pass(5999)
    expect((await consumer.beat()).heartbeatIntervalMs).toBe(5000)
    await room.pass(6000)
    expect(await errorOf(consumer.beat())).toBe('UNKNOWN_MEMBER_ID')
    expect(await consumerStateOf(room, 'g')).toBe('Empty')
  })

  test('about partitions that it is to let go is taken out after its rebalance timeout', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', { rebalanceTimeoutMs: 10_000 })
    const b = new Consumer(room, 'g', {})
    await b.join()
    await a?.beat()
    await room.pass(9999)
    expect((await a?.beat())?.memberEpoch).toBe(2)
    await room.pass(1)
    expect(await errorOf(a?.beat() as never)).toBe('UNKNOWN_MEMBER_ID')
    await b.beat()
    await b.beat()
    expect(b.partitions).toEqual(['red-0', 'red-1'])
  })

  test('but lets go in time stays', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', { rebalanceTimeoutMs: 10_000 })
    await new Consumer(room, 'g', {}).join()
    await a?.beat()
    await room.pass(9999)
    await a?.confirm()
    await room.pass(1)
    expect((await a?.beat())?.memberEpoch).toBe(3)
  })

  test('has a whole session timeout again after a restart of the coordinator', async () => {
    const room = await groupRoom()
    const [a] = await settledConsumers(room, 'g', {})
    await room.pass(40_000)
    const after = await room.restarted()
    const again = Object.assign(a as Consumer, { room: after })
    await after.pass(44_999)
    expect((await again.beat()).assignment).toBeNull()
    await after.pass(45_000)
    expect(await errorOf(again.beat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('about partitions that it is to let go is taken out after a restart too', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', { rebalanceTimeoutMs: 10_000 })
    await new Consumer(room, 'g', {}).join()
    await a?.beat()
    const after = await room.restarted()
    const again = Object.assign(a as Consumer, { room: after })
    await after.pass(10_000)
    expect(await errorOf(again.beat())).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('a member that leaves', () => {
  test('lets the others have its partitions, and leaves an empty group behind in the end', async () => {
    const room = await groupRoom(NOW)
    const [a, b] = pair(await settledConsumers(room, 'g', {}, {}))
    expect(await a.leave()).toEqual({ memberId: a.memberId, memberEpoch: -1 })
    await b.beat()
    expect(b.partitions).toEqual(['red-0', 'red-1'])
    await b.leave()
    expect(await consumerStateOf(room, 'g')).toBe('Empty')
    expect(await room.groups.listGroups({ states: [], types: [] })).toEqual([
      { groupId: 'g', groupState: 'Empty', groupType: 'consumer', protocolType: 'consumer' },
    ])
  })

  test('that is none is refused', async () => {
    const room = await groupRoom()
    expect(await errorOf(new Consumer(room, 'g').leave())).toBe('GROUP_ID_NOT_FOUND')
    await settledConsumers(room, 'g', {})
    expect(await errorOf(new Consumer(room, 'g').leave())).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(new Consumer(room, 'g', { instanceId: 'i' }).leave())).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('a static member', () => {
  test('that leaves for a while keeps its partitions, and has them again under a new member id', async () => {
    const room = await groupRoom(NOW)
    const [a, b] = pair(await settledConsumers(room, 'g', { instanceId: 'i' }, {}))
    const { partitions, epoch } = a
    expect(await a.leave(-2)).toMatchObject({ memberEpoch: -2 })
    await b.beat()
    expect(b.partitions).toHaveLength(1)
    const back = new Consumer(room, 'g', { instanceId: 'i' })
    await back.join()
    expect(back).toMatchObject({ partitions, epoch })
    expect(await errorOf(a.beat({ memberEpoch: epoch }))).toBe('FENCED_INSTANCE_ID')
  })

  test('that does not come back loses them with its session', async () => {
    const room = await groupRoom(NOW)
    const [a, b] = pair(await settledConsumers(room, 'g', { instanceId: 'i' }, {}))
    await a.leave(-2)
    await room.pass(40_000)
    await b.beat()
    await room.pass(5000)
    await b.beat()
    expect(b.partitions).toEqual(['red-0', 'red-1'])
  })

  test('has its instance to itself while it is there', async () => {
    const room = await groupRoom(NOW)
    await settledConsumers(room, 'g', { instanceId: 'i', memberId: 'first' })
    const other = new Consumer(room, 'g', { instanceId: 'i', memberId: 'second' })
    expect(await messageOf(other.join())).toBe(
      'Static member second with instance id i cannot join the group because the instance id is owned by first member.',
    )
    expect(await errorOf(other.join())).toBe('UNRELEASED_INSTANCE_ID')
    expect(await errorOf(other.leave())).toBe('FENCED_INSTANCE_ID')
  })

  test('that leaves for good lets its instance go', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', { instanceId: 'i' })
    await a?.leave()
    const other = new Consumer(room, 'g', { instanceId: 'i' })
    await other.join()
    expect(other.partitions).toEqual(['red-0', 'red-1'])
  })
})

describe('more members than there may be', () => {
  test('are refused, those that are in stay', async () => {
    const room = await groupRoom({ ...NOW, 'group.consumer.max.size': '2' })
    const consumers = await settledConsumers(room, 'g', {}, {})
    const third = new Consumer(room, 'g')
    expect(await errorOf(third.join())).toBe('GROUP_MAX_SIZE_REACHED')
    expect(await messageOf(third.join())).toBe('The consumer group has reached its maximum capacity of 2 members.')
    await settle(room, consumers)
    await consumers[0]?.leave()
    await third.join()
    expect(third.epoch).toBeGreaterThan(2)
  })
})

describe('a topic that is made again under its name', () => {
  test('is another topic', async () => {
    const room = await groupRoom(NOW)
    createTopic(room, 'green', 1)
    const [a] = await settledConsumers(room, 'g', { topics: ['green', 'red'] })
    deleteTopic(room, 'red')
    await settle(room, [a as Consumer])
    createTopic(room, 'red', 3)
    await settle(room, [a as Consumer])
    expect(a?.assigned.find(({ topicId }) => topicId === topicIdOf('red'))?.partitions).toEqual([0, 1, 2])
  })
})

describe('deletion', () => {
  test('of a group is for one without members', async () => {
    const room = await groupRoom(NOW)
    const [a] = await settledConsumers(room, 'g', {})
    expect(await room.groups.deleteGroups(['g'])).toEqual([new KafkaError('NON_EMPTY_GROUP').code])
    await a?.leave()
    expect(await room.groups.deleteGroups(['g'])).toEqual([0])
    expect(await (await room.restarted()).groups.listGroups({ states: [], types: [] })).toEqual([])
  })
})

describe('a thousand members', () => {
  test('share the partitions, and a heartbeat that changes nothing writes nothing', async () => {
    const room = await groupRoom({ 'group.consumer.max.size': '1000' })
    createTopic(room, 'wide', 2000)
    const consumers = Array.from({ length: 1000 }, () => new Consumer(room, 'g', { topics: ['wide'] }))
    for (const consumer of consumers) await consumer.join()
    await room.pass(1000)
    await settle(room, consumers)
    expect(consumers.every(({ partitions }) => partitions.length === 2)).toBe(true)
    expect(new Set(consumers.flatMap(({ partitions }) => partitions)).size).toBe(2000)
    const before = written(room)
    for (const consumer of consumers) await consumer.beat()
    expect(written(room)).toBe(before)
  })
})
