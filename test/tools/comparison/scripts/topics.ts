// kafka-topics, kafka-get-offsets, kafka-delete-records.
import type { Comparison } from '../comparison.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const topics: Script = {
  name: 'kafka-topics',
  async run(tools) {
    const run = (...args: string[]) => tools.run('topics', args)
    const read = (...args: string[]) => tools.read('topics', args)
    await run('--create', '--topic', 'first', '--partitions', '3', '--config', 'retention.ms=123456')
    await ready(tools, 'first', 3)
    await run('--create', '--topic', 'first')
    await run('--create', '--topic', 'first', '--if-not-exists')
    await run('--create', '--topic', 'assigned', '--replica-assignment', '1,1')
    await ready(tools, 'assigned', 2)
    await run('--create', '--topic', 'second.with', '--config', 'cleanup.policy=compact', '--config', 'segment.ms=7777')
    await ready(tools, 'second.with')
    await run('--create', '--topic', 'second_with')
    await run('--create', '--topic', 'no', '--partitions', '0')
    await run('--create', '--topic', 'no', '--replication-factor', '3')
    await run('--create', '--topic', 'no', '--replication-factor', '0')
    await run('--create', '--topic', 'no', '--config', 'retention.ms=soon')
    await run('--create', '--topic', 'no', '--config', 'no.such.config=1')
    await run('--create', '--topic', 'no/slash')
    await run('--create', '--topic', 'x'.repeat(250))
    await run('--create', '--topic', 'no', '--replica-assignment', '1,9')
    await run('--create', '--topic', 'no', '--replica-assignment', '1:1')
    await run('--create', '--topic', 'no', '--replica-assignment', '1', '--partitions', '2')
    await run('--create')
    await read('--list')
    await read('--list', '--topic', 'sec.*')
    await read('--list', '--exclude-internal')
    await read('--describe')
    await read('--describe', '--topic', 'first')
    await read('--describe', '--topic', 'first', '--partition-size-limit-per-response', '2')
    await read('--describe', '--topic', 'first|assigned')
    await tools.read('topics', ['--describe', '--topic-id', idOf('first')])
    await read('--describe', '--topic-id', 'AAAAAAAAAAAAAAAAAAAAAQ')
    await read('--describe', '--topic-id', 'not an id')
    await read('--describe', '--topic', 'missing')
    await read('--describe', '--topic', 'missing', '--if-exists')
    await read('--describe', '--topics-with-overrides')
    await read('--describe', '--under-replicated-partitions')
    await read('--describe', '--unavailable-partitions')
    await read('--describe', '--at-min-isr-partitions')
    await read('--describe', '--under-min-isr-partitions')
    await run('--alter', '--topic', 'first', '--partitions', '5')
    await ready(tools, 'first', 5)
    await read('--describe', '--topic', 'first')
    await run('--alter', '--topic', 'first', '--partitions', '5')
    await run('--alter', '--topic', 'first', '--partitions', '2')
    await run('--alter', '--topic', 'assigned', '--partitions', '3', '--replica-assignment', '1,1,1')
    await ready(tools, 'assigned', 3)
    await run('--alter', '--topic', 'assigned', '--partitions', '4', '--replica-assignment', '1,1,1,9')
    await run('--alter', '--topic', 'missing', '--partitions', '5')
    await run('--alter', '--topic', 'missing', '--partitions', '5', '--if-exists')
    await run('--alter', '--topic', 'first')
    await run('--delete', '--topic', 'second.with')
    await gone(tools, 'second.with')
    await run('--delete', '--topic', 'missing')
    await run('--delete', '--topic', 'missing', '--if-exists')
    await run('--delete', '--topic', 'first|assigned')
    await gone(tools, 'first')
    await gone(tools, 'assigned')
    await read('--list')
    await run()
    await run('--list', '--create')
    await tools.read('topics', ['--list', '--bootstrap-server', 'localhost'], { bootstrap: 'none' })
    await tools.read('topics', ['--list'], { bootstrap: 'none' })
    await tools.read('topics', ['--list', '--command-config', '/no/such/file'])
    await tools.read('topics', ['--version'], { bootstrap: 'none' })
    await tools.read('topics', ['--list'], { alone: true })
  },
}

const offsets: Script = {
  name: 'kafka-get-offsets and kafka-delete-records',
  async run(tools) {
    await tools.both(async (broker) => {
      await broker.topic({ name: 'ends-a', partitions: 2 })
      await broker.topic({ name: 'ends-b' })
      await broker.append('ends-a', ['1', '2', '3', '4'])
      await broker.append('ends-a', ['5', '6'], {}, 1)
      await broker.append('ends-b', ['1', '2', '3'])
    })
    const offsetsOf = (...args: string[]) => tools.read('get-offsets', args)
    await offsetsOf('--topic', 'ends-a')
    await offsetsOf('--topic', 'ends-.*')
    await offsetsOf('--topic', 'ends-a', '--partitions', '1')
    await offsetsOf('--topic', 'ends-a', '--partitions', '7')
    await offsetsOf('--topic', 'ends-a', '--partitions', 'x')
    await offsetsOf('--topic-partitions', 'ends-a:0,ends-b')
    await offsetsOf('--topic-partitions', 'ends-a:1-,ends-b:0-0')
    await offsetsOf('--topic-partitions', 'ends-a:x')
    await offsetsOf('--exclude-internal-topics')
    for (const time of [
      '-1',
      '-2',
      '-3',
      '-4',
      '-5',
      '-6',
      'earliest',
      'latest',
      'max-timestamp',
      '0',
      '4000000000000',
    ]) {
      await offsetsOf('--topic', 'ends-a', '--time', time)
    }
    for (const time of ['earliest-local', 'latest-tiered', 'earliest-pending-upload', 'never', '-9']) {
      await offsetsOf('--topic', 'ends-b', '--time', time)
    }
    await offsetsOf('--topic', 'missing')
    await offsetsOf('--topic', 'ends-a', '--topic-partitions', 'ends-a:0')

    const remove = (name: string, json: object | string) => {
      const text = typeof json === 'string' ? json : JSON.stringify(json)
      return tools.run('delete-records', ['--offset-json-file', (broker) => broker.file(name, text)])
    }
    const partition = (topic: string, index: number, offset: number) => ({ topic, partition: index, offset })
    await remove('some.json', { version: 1, partitions: [partition('ends-a', 0, 3), partition('ends-a', 1, 1)] })
    await offsetsOf('--topic', 'ends-a', '--time', '-2')
    await remove('all.json', { version: 1, partitions: [partition('ends-b', 0, -1)] })
    await offsetsOf('--topic', 'ends-b', '--time', 'earliest')
    await offsetsOf('--topic', 'ends-b', '--time', 'max-timestamp')
    await remove('too-far.json', { version: 1, partitions: [partition('ends-a', 0, 99)] })
    await remove('behind.json', { version: 1, partitions: [partition('ends-a', 0, 1)] })
    // The tool asks again and again for the leader, until it has had enough.
    const impatient = (broker: ToolBroker) =>
      broker.file('impatient.properties', 'default.api.timeout.ms=2000\nrequest.timeout.ms=2000\n')
    const missing = JSON.stringify({ version: 1, partitions: [partition('ends-a', 7, 1)] })
    await tools.run('delete-records', [
      '--offset-json-file',
      (broker) => broker.file('missing.json', missing),
      '--command-config',
      impatient,
    ])
    await remove('twice.json', { version: 1, partitions: [partition('ends-a', 0, 1), partition('ends-a', 0, 2)] })
    await remove('version.json', { version: 2, partitions: [] })
    await remove('none.json', { version: 1 })
    await remove('broken.json', '{"version": 1, "partitions": [')
    await tools.run('delete-records', [])
  },
}

function idOf(topic: string): (broker: ToolBroker) => string {
  return (broker) => broker.topicIds.get(topic) ?? ''
}

async function ready(tools: Comparison, name: string, partitions = 1): Promise<void> {
  await tools.both((broker) => broker.awaitTopic(name, partitions))
}

async function gone(tools: Comparison, name: string): Promise<void> {
  await tools.both((broker) => broker.awaitNoTopic(name))
}

export const topicScripts: readonly Script[] = [topics, offsets]
