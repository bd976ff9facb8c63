// Static members (KIP-345): an instance keeps its place though its member comes and goes.
import { rebalance, subscription } from '../support/classic-member.ts'
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

const settled = async (broker: TestBroker, groupInstanceId: string, group?: string) =>
  (await broker.member(group ?? (await broker.group()), { groupInstanceId })).settle()

describe('A static member', kip(345), () => {
  test('joins at once, with an id made of its instance', async ({ broker }) => {
    const member = await broker.member(await broker.group(), { groupInstanceId: 'instance' })
    const answer = await member.tryJoin()
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: 1 })
    expect(answer.memberId).toMatch(/^instance-[0-9a-f-]{36}$/)
    expect(only(answer.members)).toMatchObject({ groupInstanceId: 'instance' })
  })

  test('takes its place again without a rebalance, under a new id', async ({ broker }) => {
    const first = await settled(broker, 'instance')
    const second = await broker.member(first.groupId, { groupInstanceId: 'instance' })
    const answer = await second.join()
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: first.generationId })
    expect(answer.memberId).not.toBe(first.memberId)
    expect(String((await second.sync()).assignment)).toBe('assigned')
  })

  test('that led is told to skip the assignment, from version 9 on', async ({ broker }) => {
    broker.needs(apis.JoinGroup, 9)
    const first = await settled(broker, 'instance')
    const second = await broker.member(first.groupId, { groupInstanceId: 'instance' })
    const answer = await second.join()
    expect(answer).toMatchObject({ skipAssignment: true, leader: second.memberId })
    expect(only(answer.members)).toMatchObject({ memberId: second.memberId, groupInstanceId: 'instance' })
  })

  test('is fenced by the one that took its place', async ({ broker }) => {
    const { name } = await broker.topic()
    const first = await settled(broker, 'instance')
    await (await broker.member(first.groupId, { groupInstanceId: 'instance' })).join()
    expect(await first.heartbeat()).toBe('FENCED_INSTANCE_ID')
    expect((await first.sync()).errorCode).toBe('FENCED_INSTANCE_ID')
    expect((await first.tryJoin()).errorCode).toBe('FENCED_INSTANCE_ID')
    expect(await first.commit(name, 1)).toBe('FENCED_INSTANCE_ID')
    expect(await first.leave()).toBe('FENCED_INSTANCE_ID')
  })

  test('takes its place without a rebalance though its subscription changed', async ({ broker }) => {
    broker.needs(apis.JoinGroup, 9)
    const first = await settled(broker, 'instance')
    const options = { groupInstanceId: 'instance', topics: ['another'] }
    const answer = await (await broker.member(first.groupId, options)).join()
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: 1, skipAssignment: true })
  })

  test('rebalances where the group’s protocol changes with it', async ({ broker }) => {
    const named = (...names: string[]) => ({
      groupInstanceId: 'instance',
      protocols: names.map((name) => ({ name, metadata: subscription([]) })),
    })
    const first = await (await broker.member(await broker.group(), named('one', 'another'))).settle()
    const answer = await (await broker.member(first.groupId, named('another'))).join()
    expect(answer).toMatchObject({
      errorCode: 'NONE',
      generationId: 2,
      protocolName: 'another',
      skipAssignment: false,
    })
  })

  test('leaves by its instance', async ({ broker }) => {
    const { groupId } = await settled(broker, 'instance')
    const members = [{ memberId: '', groupInstanceId: 'instance' }]
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId, members })
    expect(answer.errorCode).toBe('NONE')
    expect(only(answer.members)).toEqual({ memberId: '', groupInstanceId: 'instance', errorCode: 'NONE' })
    const described = only((await broker.ask(apis.DescribeGroups, 5, { groups: [groupId] })).groups)
    expect(described).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('does not leave by an instance that there is not', async ({ broker }) => {
    const { groupId } = await settled(broker, 'instance')
    const members = [{ memberId: '', groupInstanceId: 'stranger' }]
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId, members })
    expect(only(answer.members).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('does not leave by another member of its instance', async ({ broker }) => {
    const { groupId } = await settled(broker, 'instance')
    const members = [{ memberId: 'another', groupInstanceId: 'instance' }]
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId, members })
    expect(only(answer.members).errorCode).toBe('FENCED_INSTANCE_ID')
  })

  test('stays beside another instance, and both are listed', async ({ broker }) => {
    const first = await settled(broker, 'one')
    const second = await broker.member(first.groupId, { groupInstanceId: 'two' })
    const [ofFirst] = await rebalance([first], [second])
    expect(ofFirst?.members.map(({ groupInstanceId }) => groupInstanceId).sort()).toEqual(['one', 'two'])
  })

  test('is fenced where it joins with an id that is not its own', async ({ broker }) => {
    const first = await settled(broker, 'one')
    const second = await broker.member(first.groupId, { groupInstanceId: 'one' })
    expect((await second.tryJoin('somebody')).errorCode).toBe('FENCED_INSTANCE_ID')
  })
})
