// What produces and consumes: the console tools, the perf tools, the verifiable ones.
import { withoutNumbers } from '../normalize.ts'
import type { Script } from '../script.ts'

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('')

const consoles: Script = {
  name: 'kafka-console-producer and kafka-console-consumer',
  async run(tools) {
    await tools.both((broker) => broker.topic({ name: 'console' }))
    const produce = (input: string, ...args: string[]) =>
      tools.run('console-producer', ['--topic', 'console', ...args], { input })
    const consume = (...args: string[]) =>
      tools.run('console-consumer', ['--topic', 'console', '--timeout-ms', '20000', ...args])
    const reading = (...properties: string[]) => properties.flatMap((property) => ['--reader-property', property])
    const printing = (...properties: string[]) => properties.flatMap((property) => ['--formatter-property', property])
    await produce(lines('one', 'two', 'three'))
    await produce(lines('a:1', 'b:2'), ...reading('parse.key=true', 'key.separator=:'))
    await produce(
      lines('h1:x,h2:y|k:v'),
      ...reading('parse.headers=true', 'parse.key=true', 'key.separator=:', 'headers.delimiter=|'),
    )
    await produce(lines('nothing:NULL'), ...reading('parse.key=true', 'key.separator=:', 'null.marker=NULL'))
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) await produce(lines(codec), '--compression-codec', codec)
    await produce(lines('no key'), ...reading('parse.key=true', 'key.separator=:'))
    await produce('', '--request-required-acks', 'most')
    await produce('', '--compression-codec', 'zip')
    await consume('--from-beginning', '--max-messages', '11')
    const everything = [
      'print.key=true',
      'print.headers=true',
      'print.offset=true',
      'print.partition=true',
      'print.timestamp=true',
    ]
    await consume('--from-beginning', '--max-messages', '11', ...printing(...everything, 'null.literal=nil'))
    await consume('--partition', '0', '--offset', '3', '--max-messages', '2')
    await consume('--partition', '0', '--offset', 'latest', '--timeout-ms', '10')
    await consume('--partition', '0', '--offset', 'soon')
    await consume('--offset', '3')
    await consume('--from-beginning', '--max-messages', '5', '--group', 'console-group')
    await tools.read('consumer-groups', ['--describe', '--group', 'console-group'])
    await consume('--max-messages', '6', '--group', 'console-group')
    await consume('--from-beginning', '--max-messages', '3', '--isolation-level', 'read_committed')
    await consume('--isolation-level', 'read_rumours')
    await tools.run('console-consumer', [
      '--include',
      'conso.e',
      '--from-beginning',
      '--max-messages',
      '2',
      '--timeout-ms',
      '20000',
    ])
    await tools.run('console-consumer', [])
    await tools.run('console-producer', ['--topic', 'console'], { input: lines('alone'), alone: true })
    await tools.run(
      'console-consumer',
      ['--topic', 'console', '--partition', '0', '--offset', '11', '--max-messages', '1'],
      {
        alone: true,
      },
    )
  },
}

const performance: Script = {
  name: 'kafka-producer-perf-test and kafka-consumer-perf-test',
  async run(tools) {
    await tools.both((broker) => broker.topic({ name: 'perf', partitions: 3 }))
    const produce = (...args: string[]) =>
      tools.run('producer-perf-test', ['--topic', 'perf', ...args], { only: withoutNumbers })
    await produce('--num-records', '2000', '--record-size', '100', '--throughput', '-1')
    await produce('--num-records', '500', '--record-size', '100', '--throughput', '-1', '--transactional-id', 'perf')
    await produce(
      '--num-records',
      '300',
      '--record-size',
      '10',
      '--throughput',
      '-1',
      '--command-property',
      'acks=0',
      'batch.size=100',
    )
    await produce('--num-records', '200', '--payload-monotonic', '--throughput', '-1', '--warmup-records', '50')
    await produce('--num-records', '200', '--throughput', '-1')
    await produce('--num-records', '0', '--record-size', '1', '--throughput', '-1')
    await produce('--num-records', '10', '--record-size', '0', '--throughput', '-1')
    await produce('--num-records', 'many', '--record-size', '1', '--throughput', '-1')
    await tools.read('get-offsets', ['--topic', 'perf', '--time', 'earliest'])
    const consume = (...args: string[]) =>
      tools.run('consumer-perf-test', ['--topic', 'perf', ...args], { only: withoutNumbers })
    await consume('--num-records', '3000')
    await consume('--num-records', '3000', '--hide-header', '--group', 'perf-group')
    await consume('--num-records', '3000', '--show-detailed-stats', '--reporting-interval', '100000')
    await consume('--num-records', '99999', '--timeout', '1000')
    await consume()
    await tools.run('consumer-perf-test', ['--include', 'per.', '--num-records', '100'], { only: withoutNumbers })
    await tools.run('consumer-perf-test', ['--topic', 'perf', '--num-records', '100'], {
      only: withoutNumbers,
      alone: true,
    })
  },
}

const verifiable: Script = {
  name: 'kafka-verifiable-producer and kafka-verifiable-consumer',
  async run(tools) {
    await tools.both((broker) => broker.topic({ name: 'verified' }))
    const alone = { alone: true, only: withoutRates }
    const topic = ['--topic', 'verified']
    const fixed = ['--message-create-time', '1700000000000', '--repeating-keys', '3', '--value-prefix', '7']
    await tools.run('verifiable-producer', [...topic, '--max-messages', '12', ...fixed], alone)
    await tools.run('verifiable-producer', [...topic, '--max-messages', '3', '--acks', '0'], alone)
    await tools.run('verifiable-producer', [...topic, '--acks', '5'], alone)
    const group = (name: string, ...args: string[]) => [...topic, '--group-id', name, '--max-messages', '12', ...args]
    await tools.run('verifiable-consumer', group('verified-classic', '--verbose', '--group-protocol', 'classic'), alone)
    await tools.run(
      'verifiable-consumer',
      group('verified-consumer', '--verbose', '--group-protocol', 'consumer'),
      alone,
    )
    await tools.read('consumer-groups', ['--describe', '--group', 'verified-consumer'])
    await tools.run('verifiable-consumer', topic, alone)
    await tools.run('console-consumer', [...topic, '--from-beginning', '--max-messages', '12', '--timeout-ms', '20000'])
  },
}

function withoutRates(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/"avg_throughput":[\d.]+/g, '"avg_throughput":<number>'))
}

export const clientScripts: readonly Script[] = [consoles, performance, verifiable]
