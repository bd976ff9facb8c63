// Share and streams groups, as a broker that serves them left them in the log: their ids are taken, nothing of them is
// lost, and they can be deleted when they have no members.
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../test/support/coordinator-storage.ts'
import { Consumer } from '../../test/support/group-consumer.ts'
import { commit, type GroupRoom, groupRoom, Member, offsetsOf } from '../../test/support/group-room.ts'
import { ErrorCode } from '../wire/index.ts'

const RECORD_TYPES = { share: { member: 10, group: 11, target: 12 }, streams: { member: 19, group: 17, target: 20 } }

function key(recordType: number, ...parts: string[]): Buffer {
  const texts = parts.flatMap((part) => {
    const size = Buffer.alloc(2)
    size.writeInt16BE(part.length)
    return [size, Buffer.from(part)]
  })
  return Buffer.concat([Buffer.from([0, recordType]), ...texts])
}

/** A coordinator whose log has a group of that type, with members or without. */
async function roomWith(type: 'share' | 'streams', hasMembers: boolean): Promise<GroupRoom> {
  const room = await groupRoom()
  const { member, group, target } = RECORD_TYPES[type]
  const value = Buffer.from([0, 0, 0, 0, 0, 1])
  const records = [
    ...(hasMembers ? [{ key: key(member, 'g', 'm'), value }] : []),
    { key: key(group, 'g'), value },
    { key: key(target, 'g'), value },
  ]
  await room.storage.append(room.groups.partitionFor('g'), records)
  return room.restarted()
}

const logOf = ({ storage, groups }: GroupRoom) =>
  storage.entries(groups.partitionFor('g')).flatMap((entry) => ('key' in entry ? [entry] : []))

describe.each(['share', 'streams'] as const)('a %s group', (type) => {
  test('is listed, and is no group of another type', async () => {
    const room = await roomWith(type, true)
    expect(await room.groups.listGroups({ states: [], types: [] })).toEqual([
      { groupId: 'g', groupType: type, groupState: 'Stable', protocolType: type },
    ])
    expect((await room.groups.describeGroups(['g']))[0]?.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect((await room.groups.describeConsumerGroups(['g']))[0]).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group g is not a consumer group.',
    })
  })

  test('is joined by nobody', async () => {
    const room = await roomWith(type, true)
    expect(await errorOf(new Consumer(room, 'g').join())).toBe('GROUP_ID_NOT_FOUND')
    const classic = new Member(room, 'g', 'client', { apiVersion: 3 })
    expect(await errorOf(classic.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('with members is not deleted; without, it goes with all of its records', async () => {
    const room = await roomWith(type, true)
    expect(await room.groups.deleteGroups(['g'])).toEqual([ErrorCode.NON_EMPTY_GROUP])
    const empty = await roomWith(type, false)
    const before = logOf(empty)
    expect(await empty.groups.deleteGroups(['g'])).toEqual([ErrorCode.NONE])
    const tombstones = logOf(empty).slice(before.length)
    expect(tombstones.every(({ value }) => value === null)).toBe(true)
    expect(tombstones.map(({ key }) => key?.toString('hex')).toSorted()).toEqual(
      before.map(({ key }) => key?.toString('hex')).toSorted(),
    )
    expect(await (await empty.restarted()).groups.listGroups({ states: [], types: [] })).toEqual([])
  })

  test('is there as it was after more restarts', async () => {
    const room = await (await roomWith(type, true)).restarted()
    expect(await room.groups.listGroups({ states: [], types: [] })).toHaveLength(1)
  })
})

test('Offsets of a streams group are kept, and a share group has none', async () => {
  const streams = await roomWith('streams', false)
  expect(await commit(streams, { groupId: 'g', offset: 3 })).toBe(ErrorCode.NONE)
  expect(await offsetsOf(streams, 'g')).toEqual({ 'red-0': 3 })
  const withMembers = await roomWith('streams', true)
  expect(await commit(withMembers, { groupId: 'g', offset: 3 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  const share = await roomWith('share', false)
  expect(await commit(share, { groupId: 'g', offset: 3 })).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  expect(await offsetsOf(share, 'g')).toEqual({})
})
