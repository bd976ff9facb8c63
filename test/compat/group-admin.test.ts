// FindCoordinator, ListGroups, DescribeGroups and DeleteGroups: groups from outside.
import { rebalance, subscription } from '../support/classic-member.ts'
import { apis, describe, expect, kip, message, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const [GROUP, TRANSACTION, SHARE] = [0, 1, 2]

async function commit(broker: TestBroker, groupId: string): Promise<void> {
  const { name } = await broker.topic()
  const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  await broker.ask(apis.OffsetCommit, 8, { groupId, generationIdOrMemberEpoch: -1, topics })
}

async function describeOne(broker: TestBroker, groupId: string, version = 6) {
  return only((await broker.ask(apis.DescribeGroups, version, { groups: [groupId] })).groups)
}

describe('FindCoordinator', kip(699), () => {
  test.for([0, 1, 2, 3])('names the broker for one key at version %i', async (version, { broker }) => {
    const key = await broker.group()
    const nodeId = only((await broker.ask(apis.Metadata, 12, { topics: [] })).brokers).nodeId
    expect(await broker.ask(apis.FindCoordinator, version, { key })).toMatchObject({
      errorCode: 'NONE',
      nodeId,
      port: broker.port,
    })
  })

  test.for([4, 5, 6])('names the broker for each of several keys at version %i', async (version, { broker }) => {
    await broker.group()
    const keys = [broker.name('group'), broker.name('group'), '']
    const { coordinators } = await broker.ask(apis.FindCoordinator, version, { keyType: GROUP, coordinatorKeys: keys })
    expect(coordinators.map(({ key, errorCode, port }) => [key, errorCode, port])).toEqual(
      keys.map((key) => [key, 'NONE', broker.port]),
    )
  })

  test('answers a request for no keys with nothing', async ({ broker }) => {
    expect((await broker.ask(apis.FindCoordinator, 4, { coordinatorKeys: [] })).coordinators).toEqual([])
  })

  test.for([3, -1, 99])('refuses key type %i', async (keyType, { broker }) => {
    const request = { keyType, coordinatorKeys: ['key'] }
    const { coordinators } = await broker.ask(apis.FindCoordinator, 4, request)
    expect(only(coordinators)).toMatchObject({ key: 'key', errorCode: 'INVALID_REQUEST', nodeId: -1, port: -1 })
    expect((await broker.ask(apis.FindCoordinator, 3, { keyType, key: 'key' })).errorCode).toBe('INVALID_REQUEST')
  })

  test('refuses a share key that is not of group, topic and partition', async ({ broker }) => {
    const request = { keyType: SHARE, coordinatorKeys: ['group:bad'] }
    const { coordinators } = await broker.ask(apis.FindCoordinator, 6, request)
    expect(only(coordinators)).toMatchObject({ errorCode: 'INVALID_REQUEST', nodeId: -1 })
  })

  test('names the broker for a transactional id', async ({ broker }) => {
    const request = { keyType: TRANSACTION, coordinatorKeys: [broker.name('transaction')] }
    await eventually('the coordinator', async () => {
      const { errorCode, port } = only((await broker.ask(apis.FindCoordinator, 4, request)).coordinators)
      return errorCode === 'NONE' && port === broker.port
    })
  })
})

describe('ListGroups', kip(518), () => {
  const list = async (
    broker: TestBroker,
    filters: { statesFilter?: string[]; typesFilter?: string[] },
    version = 5,
  ) => {
    const { errorCode, groups } = await broker.ask(apis.ListGroups, version, filters)
    expect(errorCode).toBe('NONE')
    return groups
  }
  const names = (groups: { groupId: string }[]) => groups.map(({ groupId }) => groupId)

  test.for([0, 1, 2, 3, 4, 5])('lists a group with members at version %i', async (version, { broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    const groups = await list(broker, {}, version)
    const group = groups.find((one) => one.groupId === groupId)
    expect(group).toMatchObject({ protocolType: 'consumer' })
    if (version >= 4) expect(group?.groupState).toBe('Stable')
    if (version >= 5) expect(group?.groupType).toBe('classic')
  })

  test('lists a group of offsets alone, without a protocol type', async ({ broker }) => {
    const groupId = await broker.group()
    await commit(broker, groupId)
    const group = (await list(broker, {})).find((one) => one.groupId === groupId)
    expect(group).toMatchObject({ protocolType: '', groupState: 'Empty', groupType: 'classic' })
  })

  test('lists no group that was only looked for', async ({ broker }) => {
    const groupId = await broker.group()
    expect(names(await list(broker, {}))).not.toContain(groupId)
  })

  test.for([['Stable'], ['stable'], ['STABLE'], ['Empty', 'Stable']])(
    'filters by states, %o',
    async (statesFilter, { broker }) => {
      const { groupId } = await (await broker.member(await broker.group())).settle()
      expect(names(await list(broker, { statesFilter }))).toContain(groupId)
    },
  )

  test('leaves out groups in other states', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    expect(names(await list(broker, { statesFilter: ['Empty', 'Dead'] }))).not.toContain(groupId)
  })

  test('finds nothing in a state that there is not', async ({ broker }) => {
    await (await broker.member(await broker.group())).settle()
    expect(await list(broker, { statesFilter: ['NoSuchState'] })).toEqual([])
  })

  test('filters by types, whatever the case', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    expect(names(await list(broker, { typesFilter: ['Classic'] }))).toContain(groupId)
    expect(names(await list(broker, { typesFilter: ['consumer'] }))).not.toContain(groupId)
    expect(await list(broker, { typesFilter: ['nonsense'] })).toEqual([])
  })

  test('filters by state and type at once', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    expect(names(await list(broker, { typesFilter: ['classic'], statesFilter: ['Stable'] }))).toContain(groupId)
    expect(names(await list(broker, { typesFilter: ['classic'], statesFilter: ['Empty'] }))).not.toContain(groupId)
  })
})

describe('DescribeGroups', message('DescribeGroups'), () => {
  test.for([0, 1, 2, 3, 4, 5, 6])('tells state, protocol and members at version %i', async (version, { broker }) => {
    const group = await broker.group()
    const member = await (await broker.member(group, { topics: ['a'], clientId: 'its client' })).settle()
    const described = await describeOne(broker, group, version)
    expect(described).toMatchObject({
      errorCode: 'NONE',
      groupId: group,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
    })
    expect(only(described.members)).toMatchObject({
      memberId: member.memberId,
      clientId: 'its client',
      clientHost: expect.stringMatching(await broker.clientHost()),
      memberMetadata: subscription(['a']),
      memberAssignment: Buffer.from('assigned'),
    })
  })

  test('tells the instance of a static member from version 4 on', async ({ broker }) => {
    const group = await broker.group()
    await (await broker.member(group, { groupInstanceId: 'instance' })).settle()
    expect(only((await describeOne(broker, group, 4)).members).groupInstanceId).toBe('instance')
  })

  test('tells no protocol and no subscriptions while members join', async ({ broker }) => {
    broker.needs(apis.JoinGroup, 4)
    const group = await broker.group()
    const first = await (await broker.member(group)).settle()
    const second = await broker.member(group)
    const { memberId } = await second.tryJoin()
    const joining = second.tryJoin(memberId)
    await eventually('a rebalance', async () => (await first.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    const described = await describeOne(broker, group)
    expect(described).toMatchObject({ groupState: 'PreparingRebalance', protocolType: 'consumer', protocolData: '' })
    expect(described.members).toHaveLength(2)
    for (const member of described.members) expect(member.memberMetadata).toHaveLength(0)
    await first.join()
    await joining
  })

  test('tells no assignment while the leader has not synced', async ({ broker }) => {
    const group = await broker.group()
    await (await broker.member(group)).join()
    const described = await describeOne(broker, group)
    expect(described).toMatchObject({ groupState: 'CompletingRebalance', protocolData: '' })
    expect(only(described.members).memberAssignment).toHaveLength(0)
  })

  test('tells of a group that all left that it is empty', async ({ broker }) => {
    const member = await (await broker.member(await broker.group())).settle()
    await member.leave()
    expect(await describeOne(broker, member.groupId)).toMatchObject({
      errorCode: 'NONE',
      groupState: 'Empty',
      protocolType: 'consumer',
      protocolData: '',
      members: [],
    })
  })

  test('tells of a group that there is not that it is dead, up to version 5', async ({ broker }) => {
    await broker.group()
    expect(await describeOne(broker, broker.name('no-group'), 5)).toMatchObject({
      errorCode: 'NONE',
      groupState: 'Dead',
      protocolType: '',
      members: [],
    })
  })

  test('does not know a group that there is not, from version 6 on', async ({ broker }) => {
    await broker.group()
    const groupId = broker.name('no-group')
    expect(await describeOne(broker, groupId, 6)).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Group ${groupId} not found.`,
      groupState: 'Dead',
    })
  })

  test('tells what is allowed on demand', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    const request = { groups: [groupId], includeAuthorizedOperations: true }
    const asked = only((await broker.ask(apis.DescribeGroups, 5, request)).groups)
    expect(asked.authorizedOperations).toBe(0b110101001000)
    expect((await describeOne(broker, groupId)).authorizedOperations).toBe(-2147483648)
  })

  test('answers each of several groups', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    const missing = broker.name('no-group')
    const { groups } = await broker.ask(apis.DescribeGroups, 5, { groups: [groupId, missing] })
    expect(new Map(groups.map((group) => [group.groupId, group.groupState]))).toEqual(
      new Map([
        [groupId, 'Stable'],
        [missing, 'Dead'],
      ]),
    )
  })
})

describe('DeleteGroups', kip(229), () => {
  const remove = async (broker: TestBroker, groupsNames: string[], version = 2) =>
    (await broker.ask(apis.DeleteGroups, version, { groupsNames })).results

  test.for([0, 1, 2])('deletes an empty group with its offsets at version %i', async (version, { broker }) => {
    const groupId = await broker.group()
    await commit(broker, groupId)
    expect(await remove(broker, [groupId], version)).toEqual([{ groupId, errorCode: 'NONE' }])
    const fetched = await broker.ask(apis.OffsetFetch, 8, { groups: [{ groupId, topics: null }] })
    expect(only(fetched.groups).topics).toEqual([])
    expect((await describeOne(broker, groupId, 5)).groupState).toBe('Dead')
  })

  test('refuses a group with members', async ({ broker }) => {
    const member = await (await broker.member(await broker.group())).settle()
    expect(await remove(broker, [member.groupId])).toEqual([{ groupId: member.groupId, errorCode: 'NON_EMPTY_GROUP' }])
    expect(await member.heartbeat()).toBe('NONE')
  })

  test('deletes a group that all left', async ({ broker }) => {
    const group = await broker.group()
    const first = await (await broker.member(group)).settle()
    const second = await broker.member(group)
    await rebalance([first], [second])
    await first.leave()
    expect(only(await remove(broker, [group])).errorCode).toBe('NON_EMPTY_GROUP')
    await second.leave()
    expect(only(await remove(broker, [group])).errorCode).toBe('NONE')
  })

  test('does not know a group that there is not', async ({ broker }) => {
    await broker.group()
    const groupId = broker.name('no-group')
    expect(await remove(broker, [groupId])).toEqual([{ groupId, errorCode: 'GROUP_ID_NOT_FOUND' }])
  })

  test('deletes what it can of several', async ({ broker }) => {
    const groupId = await broker.group()
    await commit(broker, groupId)
    const missing = broker.name('no-group')
    const results = await remove(broker, [groupId, missing])
    expect(new Map(results.map((result) => [result.groupId, result.errorCode]))).toEqual(
      new Map([
        [groupId, 'NONE'],
        [missing, 'GROUP_ID_NOT_FOUND'],
      ]),
    )
  })

  test('makes a group begin at generation 1 again', async ({ broker }) => {
    const first = await (await broker.member(await broker.group())).settle()
    await first.leave()
    await remove(broker, [first.groupId])
    expect((await (await broker.member(first.groupId)).join()).generationId).toBe(1)
  })
})
