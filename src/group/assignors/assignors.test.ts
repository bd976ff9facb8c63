// The assignors against Kafka's own, over random groups whose members and topics change step by step: who gets what,
// in the order in which Kafka holds it. test/oracle/record-assignments.ts records it.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Assignment, GroupSpec, MemberSpec } from './assignor.ts'
import { assignorsOf } from './index.ts'

type Listed = readonly (readonly [topicId: string, partitions: readonly number[]])[]

interface Recorded {
  readonly assignor: string
  readonly isHomogeneous: boolean
  readonly topics: Readonly<Record<string, number>>
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly topicIds: readonly string[]
    readonly assignment: Listed
  }[]
  /** In the order of the members. */
  readonly result: readonly Listed[]
}

function recorded(): Recorded[] {
  const file = new URL('../../../test/facts/kafka-assignments.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Recorded)
}

function groupOf({ isHomogeneous, topics, members }: Recorded): GroupSpec {
  const assigned = new Set(members.flatMap(({ assignment }) => assignment.flatMap(partitionNames)))
  return {
    members: members.map(({ assignment, topicIds, ...member }): MemberSpec => {
      const subscribed = new Set(topicIds)
      return {
        ...member,
        rackId: null,
        topicIds,
        subscriptionSize: topicIds.length,
        isSubscribedTo: (topicId) => subscribed.has(topicId),
        assignment: new Map(assignment.map(([topicId, partitions]) => [topicId, new Set(partitions)])),
      }
    }),
    isHomogeneous,
    partitionCount: (topicId) => topics[topicId] ?? 0,
    isAssigned: (topicId, partition) => assigned.has(`${topicId}-${partition}`),
  }
}

function partitionNames([topicId, partitions]: Listed[number]): string[] {
  return partitions.map((partition) => `${topicId}-${partition}`)
}

function listed(assignment: Assignment | undefined): Listed {
  return Array.from(assignment ?? [], ([topicId, partitions]) => [topicId, [...partitions]] as const)
}

describe.each(['uniform', 'range'])('the %s assignor', (name) => {
  const [assignor] = assignorsOf([name])

  test('gives every member what Kafka gives it', () => {
    const asked = recorded().filter((line) => line.assignor === name)
    expect(asked.length).toBeGreaterThan(100)
    for (const line of asked) {
      const assigned = assignor.assign(groupOf(line))
      expect(line.members.map(({ memberId }) => listed(assigned.get(memberId)))).toEqual(line.result)
    }
  })

  test('gives every partition to one member', () => {
    for (const line of recorded().filter((line) => line.assignor === name)) {
      const given = [...assignor.assign(groupOf(line)).values()].flatMap((one) => listed(one).flatMap(partitionNames))
      const subscribed = new Set(line.members.flatMap(({ topicIds }) => topicIds))
      const all = Object.entries(line.topics).filter(([topicId]) => subscribed.has(topicId))
      expect(given.sort()).toEqual(
        all.flatMap(([topicId, count]) => partitionNames([topicId, [...Array(count).keys()]])).sort(),
      )
    }
  })

  test('gives nobody anything where there are no members', () => {
    const nobody = { members: [], isHomogeneous: true, partitionCount: () => 1, isAssigned: () => false }
    expect([...assignor.assign(nobody)]).toEqual([])
  })
})

test('an assignor goes by the name of its class in Kafka too', () => {
  const [first, second] = assignorsOf(['org.apache.kafka.coordinator.group.assignor.RangeAssignor', 'uniform'])
  expect([first.name, second?.name]).toEqual(['range', 'uniform'])
})

test('an assignor that is not there is named', () => {
  expect(() => assignorsOf(['uniform', 'com.example.Mine'])).toThrow('there is no assignor com.example.Mine here')
})
