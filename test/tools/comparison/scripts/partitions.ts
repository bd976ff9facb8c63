// kafka-leader-election, kafka-reassign-partitions, kafka-log-dirs.

import { eventually } from '../../../support/eventually.ts'
import { placesOf } from '../../../support/log-dirs.ts'
import { sortedJson } from '../normalize.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const json = (name: string, content: object | string) => (broker: ToolBroker) =>
  broker.file(name, typeof content === 'string' ? content : JSON.stringify(content))

const elections: Script = {
  name: 'kafka-leader-election',
  async run(tools) {
    await tools.both((broker) => broker.topic({ name: 'elected', partitions: 2 }))
    const elect = (...args: (string | ((broker: ToolBroker) => string))[]) => tools.run('leader-election', args)
    const [preferred, unclean] = [
      ['--election-type', 'preferred'],
      ['--election-type', 'unclean'],
    ] as const
    await elect(...preferred, '--topic', 'elected', '--partition', '0')
    await elect(...unclean, '--topic', 'elected', '--partition', '1')
    await elect(...preferred, '--topic', 'elected', '--partition', '7')
    await elect(...preferred, '--topic', 'missing', '--partition', '0')
    await elect(...preferred, '--all-topic-partitions')
    const partitions = [
      { topic: 'elected', partition: 0 },
      { topic: 'elected', partition: 1 },
    ]
    await elect(...preferred, '--path-to-json-file', json('elect.json', { partitions }))
    const twice = { partitions: [partitions[0], partitions[0]] }
    await elect(...preferred, '--path-to-json-file', json('twice.json', twice))
    await elect(...preferred, '--path-to-json-file', json('broken.json', '{'))
    await elect(...preferred, '--path-to-json-file', '/no/such/file')
    await elect('--election-type', 'rigged', '--all-topic-partitions')
    await elect(...preferred)
    await elect(...preferred, '--topic', 'elected')
    await elect('--all-topic-partitions')
  },
}

const reassignments: Script = {
  name: 'kafka-reassign-partitions and kafka-log-dirs',
  async run(tools) {
    await tools.both(async (broker) => {
      await broker.topic({ name: 'moved', partitions: 2 })
      await broker.append('moved', ['1', '2', '3'])
      const [a, b] = broker.directories
      const [place] = await placesOf(broker, 'moved')
      const there = place?.directory === a
      broker.known.set(there ? a : b, '<here>')
      broker.known.set(there ? b : a, '<there>')
    })
    const there = (broker: ToolBroker) => [...broker.known].find(([, label]) => label === '<there>')?.[0] ?? ''
    const reassign = (...args: (string | ((broker: ToolBroker) => string))[]) => tools.run('reassign-partitions', args)
    const execute = (...args: (string | ((broker: ToolBroker) => string))[]) =>
      reassign('--execute', '--timeout', '2000', '--reassignment-json-file', ...args)
    const plan = (name: string, partitions: object[]) => json(name, { version: 1, partitions })
    const partition = (index: number, more: object = {}) => ({
      topic: 'moved',
      partition: index,
      replicas: [1],
      ...more,
    })
    const toThere = (broker: ToolBroker) =>
      broker.file(
        'there.json',
        JSON.stringify({ version: 1, partitions: [partition(0, { log_dirs: [there(broker)] })] }),
      )

    const wanted = json('wanted.json', { version: 1, topics: [{ topic: 'moved' }] })
    await reassign('--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1')
    await reassign('--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1', '--disable-rack-aware')
    await reassign('--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1,9')
    await reassign('--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1,1')
    const missing = json('missing.json', { version: 1, topics: [{ topic: 'missing' }] })
    await reassign('--generate', '--topics-to-move-json-file', missing, '--broker-list', '1')
    const stay = plan('stay.json', [partition(0), partition(1)])
    await execute(stay)
    await reassign('--verify', '--reassignment-json-file', stay)
    await reassign('--list')
    await reassign('--cancel', '--reassignment-json-file', stay)
    await execute(stay, '--throttle', '1000000')
    await reassign('--verify', '--reassignment-json-file', stay, '--preserve-throttles')
    await tools.read('configs', ['--describe', '--entity-type', 'topics', '--entity-name', 'moved'])
    await tools.read('configs', ['--describe', '--entity-type', 'brokers', '--entity-name', '1'])
    await reassign('--verify', '--reassignment-json-file', stay)
    await tools.read('configs', ['--describe', '--entity-type', 'brokers', '--entity-name', '1'])
    await execute(plan('away.json', [partition(0, { replicas: [9] })]))
    await execute(plan('double.json', [partition(0, { replicas: [1, 1] })]))
    await execute(plan('nobody.json', [partition(0, { replicas: [] })]))
    await execute(plan('seventh.json', [partition(7)]))
    await execute(plan('same.json', [partition(0), partition(0)]))
    await execute(plan('empty.json', []))
    await execute(json('broken.json', '{"version":1'))
    const impatient = json('impatient.properties', 'default.api.timeout.ms=1000\nrequest.timeout.ms=1000\n')
    const away = plan('away.json', [partition(0, { replicas: [9] })])
    await reassign('--verify', '--reassignment-json-file', away, '--command-config', impatient)
    const nowhere = plan('nowhere.json', [partition(0, { log_dirs: ['/no/such/dir'] })])
    await execute(nowhere)
    await execute(toThere, '--replica-alter-log-dirs-throttle', '10000000')
    await tools.both((broker) =>
      eventually('the replica to have moved', async () => {
        const places = await placesOf(broker, 'moved')
        return places.length === 1 && places[0]?.directory === there(broker)
      }),
    )
    await reassign('--verify', '--reassignment-json-file', toThere)
    await reassign('--verify', '--reassignment-json-file', nowhere)
    await reassign()

    const dirs = (...args: string[]) => tools.read('log-dirs', args, { only: sortedJson })
    await dirs('--describe', '--topic-list', 'moved')
    await dirs('--describe', '--topic-list', 'moved,missing', '--broker-list', '1')
    await dirs('--describe', '--topic-list', 'missing')
    await dirs('--describe', '--broker-list', '9')
    await dirs('--describe', '--broker-list', '1,9')
    await dirs('--describe', '--broker-list', 'x')
    await tools.read('log-dirs', ['--describe'], { only: partitionsAnywhere })
    await dirs()
  },
}

/** Which directory takes a new log hangs on the hash of its path; and coordinators write times of their own. */
function partitionsAnywhere(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => [...line.matchAll(/\{"partition":[^}]*\}/g)].map(([partition]) => partition))
    .map((partition) => partition.replace(/("partition":"__\w+-\d+","size":)\d+/g, '$1<number>'))
    .sort()
}

export const partitionScripts: readonly Script[] = [elections, reassignments]
