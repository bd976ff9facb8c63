// New partitions spread over brokers and racks; the leader is always alive.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../io/testing.ts'
import { placeReplicas } from './replica-placer.ts'
import { clusterOf, type TestBroker } from './testing.ts'

function place(brokers: readonly TestBroker[], count: number, replicationFactor: number, seed = 1) {
  return placeReplicas(clusterOf(brokers), count, replicationFactor, seededRandom(seed))
}

function brokers(count: number, more: (index: number) => Partial<TestBroker> = () => ({})): TestBroker[] {
  return Array.from({ length: count }, (_, index) => ({ brokerId: index + 1, ...more(index) }))
}

function countLeaders(placed: readonly (readonly number[])[]): Map<number, number> {
  const leaders = new Map<number, number>()
  for (const [leader = 0] of placed) leaders.set(leader, (leaders.get(leader) ?? 0) + 1)
  return leaders
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

describe('replicas', () => {
  test.each(seeds)('are on different brokers, and leaders on all of them alike (seed %i)', (seed) => {
    const placed = place(brokers(5), 25, 3, seed)
    for (const replicas of placed) expect(new Set(replicas).size).toBe(3)
    expect([...countLeaders(placed).values()]).toEqual([5, 5, 5, 5, 5])
  })

  test.each(seeds)('of one partition are in different racks while there are any (seed %i)', (seed) => {
    const placed = place(
      brokers(6, (index) => ({ rack: 'abc'.charAt(index % 3) })),
      12,
      3,
      seed,
    )
    for (const replicas of placed) expect(new Set(replicas.map((id) => (id - 1) % 3)).size).toBe(3)
  })

  test.each(seeds)('are led by a broker that is alive, and those that are not come last (seed %i)', (seed) => {
    const placed = place(
      brokers(3, (index) => ({ fenced: index === 1 })),
      10,
      3,
      seed,
    )
    for (const replicas of placed) expect(replicas.indexOf(2)).toBe(2)
  })

  test.each(seeds)('are led from a rack that has a broker alive (seed %i)', (seed) => {
    const placed = place(
      brokers(4, (index) => ({ rack: index < 2 ? 'down' : 'up', fenced: index < 2 })),
      8,
      2,
      seed,
    )
    for (const [leader = 0, follower = 0] of placed) {
      expect([3, 4]).toContain(leader)
      expect([1, 2]).toContain(follower)
    }
  })

  test('are not put on brokers that leave or that are cordoned', () => {
    const all = [
      { brokerId: 1 },
      { brokerId: 2, inControlledShutdown: true },
      { brokerId: 3, cordoned: true },
      { brokerId: 4 },
    ]
    for (const replicas of place(all, 10, 2)) expect([...replicas].sort()).toEqual([1, 4])
  })

  test('of a single broker are on it', () => {
    expect(place(brokers(1), 3, 1)).toEqual([[1], [1], [1]])
  })
})

describe('is refused', () => {
  test('what asks for more replicas than there are brokers', () => {
    expect(() => place(brokers(2), 1, 3)).toThrow(
      'The target replication factor of 3 cannot be reached because only 2 broker(s) are registered',
    )
  })

  test('what finds no broker alive', () => {
    expect(() => place([{ brokerId: 1, fenced: true }], 1, 1)).toThrow('All brokers are currently fenced')
    expect(() => place([{ brokerId: 1, cordoned: true }], 1, 1)).toThrow('All brokers are currently fenced')
  })

  test('what asks for no replicas', () => {
    expect(() => place(brokers(1), 1, 0)).toThrow('the replication factor must be positive')
  })
})
