// kafka-consumer-groups and kafka-groups, of groups that are empty and of groups with members, of both protocols.
import { apis } from '../../../../src/wire/index.ts'
import { eventually } from '../../../support/eventually.ts'
import type { Comparison } from '../comparison.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const TOPIC = 'grouped'

async function commit(broker: ToolBroker, groupId: string, offsets: readonly number[], topic = TOPIC): Promise<void> {
  await broker.group(groupId)
  const partitions = offsets.map((committedOffset, partitionIndex) => ({ partitionIndex, committedOffset }))
  const request = { groupId, generationIdOrMemberEpoch: -1, topics: [{ name: topic, partitions }] }
  await broker.ask(apis.OffsetCommit, 8, request)
}

async function awaitState(tools: Comparison, groupId: string, state: string): Promise<void> {
  await tools.both((broker) =>
    eventually(`${groupId} to be ${state}`, async () => {
      const { groups } = await broker.ask(apis.ListGroups, 5, { statesFilter: [], typesFilter: [] })
      return groups.some((group) => group.groupId === groupId && group.groupState === state)
    }),
  )
}

const empty: Script = {
  name: 'kafka-consumer-groups, without members',
  async run(tools) {
    await tools.both(async (broker) => {
      await broker.topic({ name: TOPIC, partitions: 2 })
      for (const index of [0, 1]) {
        await broker.append(TOPIC, ['1', '2', '3', '4', '5', '6', '7', '8'], {}, index)
      }
      await commit(broker, 'empty', [3, 5])
      await commit(broker, 'other', [8])
    })
    const run = (...args: string[]) => tools.run('consumer-groups', args)
    const read = (...args: string[]) => tools.read('consumer-groups', args, { unordered: true })
    await read('--list')
    await read('--list', '--state')
    await read('--list', '--state', 'Empty')
    await read('--list', '--state', 'Stable,Dead')
    await read('--list', '--state', 'sleepy')
    await read('--list', '--type')
    await read('--list', '--type', 'classic')
    await read('--list', '--type', 'consumer')
    await read('--list', '--type', 'bogus')
    await read('--describe', '--group', 'empty')
    await read('--describe', '--group', 'empty', '--verbose')
    await read('--describe', '--group', 'empty', '--members')
    await read('--describe', '--group', 'empty', '--members', '--verbose')
    await read('--describe', '--group', 'empty', '--state')
    await read('--describe', '--group', 'empty', '--offsets', '--verbose')
    await read('--describe', '--all-groups')
    await read('--describe', '--all-groups', '--state')
    await read('--describe', '--group', 'missing')
    await read('--describe', '--group', 'missing', '--members')
    await read('--describe', '--group', 'missing', '--state')
    await read('--describe', '--group', 'empty', '--group', 'other', '--state')
    await read('--describe')
    await read('--describe', '--group', 'empty', '--members', '--state')

    const scenarios: string[][] = [
      ['--to-earliest'],
      ['--to-latest'],
      ['--to-current'],
      ['--to-offset', '4'],
      ['--to-offset', '99'],
      ['--to-offset', '-1'],
      ['--shift-by', '2'],
      ['--shift-by', '-9'],
      ['--to-datetime', '2020-01-01T00:00:00.000'],
      ['--to-datetime', '2099-01-01T00:00:00.000'],
      ['--to-datetime', 'yesterday'],
      ['--by-duration', 'P10000D'],
      ['--by-duration', 'PT0S'],
    ]
    const reset = ['--reset-offsets', '--group', 'empty']
    for (const scenario of scenarios) await read(...reset, '--topic', TOPIC, ...scenario, '--dry-run')
    await read(...reset, '--all-topics', '--to-earliest', '--dry-run')
    await read(...reset, '--all-topics', '--to-latest', '--dry-run', '--export')
    await read(...reset, '--topic', `${TOPIC}:1`, '--to-latest', '--dry-run')
    await read(...reset, '--topic', `${TOPIC}:7`, '--to-latest', '--dry-run')
    await read(...reset, '--topic', 'missing', '--to-latest', '--dry-run')
    await read(...reset, '--topic', TOPIC, '--dry-run')
    await read(...reset, '--to-latest', '--dry-run')
    await run(...reset, '--topic', TOPIC, '--to-offset', '2', '--execute')
    await read('--describe', '--group', 'empty')
    const plan = `"${TOPIC}",0,6\n"${TOPIC}",1,7\n`
    await tools.run('consumer-groups', [
      ...reset,
      '--execute',
      '--from-file',
      (broker) => broker.file('plan.csv', plan),
    ])
    await read('--describe', '--group', 'empty')
    await run('--reset-offsets', '--group', 'from-nothing', '--topic', TOPIC, '--to-earliest', '--execute')
    await read('--describe', '--group', 'from-nothing')

    await run('--delete-offsets', '--group', 'empty', '--topic', `${TOPIC}:0`)
    await run('--delete-offsets', '--group', 'empty', '--topic', 'missing')
    await run('--delete-offsets', '--group', 'missing', '--topic', TOPIC)
    await read('--describe', '--group', 'empty')
    await run('--delete', '--group', 'empty')
    await run('--delete', '--group', 'missing')
    await run('--delete', '--group', 'other', '--group', 'missing')
    await run('--delete', '--group', 'from-nothing')
    await read('--list')
    await run('--validate-regex', 'a.*b')
    await run('--validate-regex', 'a(')
    await run()
    await tools.read('consumer-groups', ['--list'], { alone: true })
  },
}

const living: Script = {
  name: 'kafka-consumer-groups and kafka-groups, with members',
  async run(tools) {
    const consume = (group: string, protocol: string) =>
      tools.begin('console-consumer', [
        ...['--topic', TOPIC, '--group', group, '--from-beginning'],
        ...['--command-property', `group.protocol=${protocol}`, '--command-property', `client.id=${group}-client`],
      ])
    const groups = { 'living-classic': 'classic', 'living-consumer': 'consumer' }
    const consumers = Object.entries(groups).map(([group, protocol]) => consume(group, protocol))
    await tools.both((broker) => commit(broker, 'left', [1, 1]))
    for (const group of Object.keys(groups)) await awaitState(tools, group, 'Stable')
    const run = (...args: string[]) => tools.run('consumer-groups', args)
    const read = (...args: string[]) => tools.read('consumer-groups', args, { unordered: true })
    for (const group of Object.keys(groups)) {
      await read('--describe', '--group', group)
      await read('--describe', '--group', group, '--verbose')
      await read('--describe', '--group', group, '--members')
      await read('--describe', '--group', group, '--members', '--verbose')
      await read('--describe', '--group', group, '--state')
      await read('--describe', '--group', group, '--state', '--verbose')
      await run('--reset-offsets', '--group', group, '--topic', TOPIC, '--to-earliest', '--execute')
      await run('--delete-offsets', '--group', group, '--topic', TOPIC)
      await run('--delete', '--group', group)
    }
    await read('--list', '--state')
    await read('--list', '--type', 'consumer', '--state', 'stable')
    await read('--describe', '--all-groups', '--members')

    const list = (...args: string[]) => tools.read('groups', args, { unordered: true })
    await list('--list')
    await list('--list', '--consumer')
    await list('--list', '--share')
    await list('--list', '--streams')
    await list('--list', '--group-type', 'classic')
    await list('--list', '--group-type', 'consumer')
    await list('--list', '--group-type', 'bogus')
    await list('--list', '--protocol', 'consumer')
    await list('--list', '--protocol', 'connect')
    await list()

    const read10 = await Promise.all(consumers.flat().map((consumer) => consumer.stop()))
    for (let i = 0; i < consumers.length; i++) {
      const [kafka, odradek] = [read10[2 * i], read10[2 * i + 1]]
      if (kafka === undefined || odradek === undefined) throw new Error('two consumers a group')
      tools.compare('console-consumer', ['--group', Object.keys(groups)[i] ?? ''], [kafka, odradek], {
        unordered: true,
      })
    }
    for (const group of Object.keys(groups)) await awaitState(tools, group, 'Empty')
    await list('--list')
    await run('--delete', '--all-groups')
    await list('--list')
  },
}

export const groupScripts: readonly Script[] = [empty, living]
