// Kafka's Java clients of 2015 to 2017, unmodified: `odradek.legacy.versions=true` serves them.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { type Compiled, compileJava, jarsOf } from '../support/jars.ts'
import { runJava } from '../support/java.ts'
import { recordsOf } from '../support/records.ts'
import { startOdradekTarget, type Target, targetName } from '../support/target.ts'
import { TestBroker } from '../support/test-broker.ts'

const directory = fileURLToPath(new URL('../java/old/', import.meta.url))
const versions = ['0.8.2.2', '0.9.0.1', '0.10.2.2', '0.11.0.3'] as const
const withConsumer = versions.filter((version) => version !== '0.8.2.2')
const codecs = ['none', 'gzip', 'snappy', 'lz4']

const compiled = new Map<string, Compiled>()
let target: Target
let broker: TestBroker

/** The programs, compiled against the clients of that version. */
async function compileFor(version: string): Promise<Compiled> {
  const jars = await jarsOf(`${directory}pom.xml`, `kafka-clients-${version}`, `clients.version=${version}`)
  const sources = version === '0.8.2.2' ? ['OldProducer'] : ['OldProducer', 'OldConsumer']
  return compileJava(
    sources.map((name) => `${directory}${name}.java`),
    jars,
  )
}

async function run(version: string, main: string, args: readonly string[]): Promise<string[]> {
  const classpath = compiled.get(version)?.classpath ?? ''
  const { code, stdout, stderr } = await runJava(classpath, main, [`${target.host}:${target.port}`, ...args])
  expect(code, stderr).toBe(0)
  return stdout.trim().split('\n')
}

/** Lines `OFFSET KEY VALUE` of `count` values per prefix, one after the other. */
function expected(prefixes: readonly string[], count: number): string[] {
  return prefixes.flatMap((prefix, i) =>
    Array.from({ length: count }, (_, n) => `${i * count + n} k${n} ${prefix}-${n}`),
  )
}

describe.skipIf(targetName() === 'kafka')('with odradek.legacy.versions', () => {
  beforeAll(async () => {
    target = await startOdradekTarget({ 'odradek.legacy.versions': 'true' })
    broker = new TestBroker(target)
    const all = await Promise.all(versions.map(async (version) => [version, await compileFor(version)] as const))
    for (const [version, programs] of all) compiled.set(version, programs)
  }, 240_000)

  afterAll(async () => {
    for (const programs of compiled.values()) programs.dispose()
    await broker.end()
    await target.stop()
  })

  test.each(versions)('a producer of %s sends with every codec and every acks', async (version) => {
    const topic = (await broker.topic()).name
    const rounds = codecs.flatMap((codec, i) => [codec, i === 0 ? '1' : '-1'])
    const acknowledged = await run(version, 'OldProducer', [topic, '200', ...rounds, 'none', '0'])
    expect(acknowledged.slice(0, codecs.length).map((line) => line.split(' ').at(-1))).toEqual([
      '199',
      '399',
      '599',
      '799',
    ])
    const read = await run('0.11.0.3', 'OldConsumer', [topic, `readers-${version}`, '1000'])
    expect(read).toEqual(expected([...codecs, 'none'], 200))
  })

  test.each(withConsumer)(
    'a group of %s reads what any producer wrote, and resumes at its commits',
    async (version) => {
      const topic = (await broker.topic()).name
      const rounds = codecs.flatMap((codec) => [codec, '-1'])
      await run('0.10.2.2', 'OldProducer', [topic, '100', ...rounds])
      await run('0.11.0.3', 'OldProducer', [topic, '100', ...rounds])
      await broker.append(topic, ['today-0', 'today-1'], { records: recordsOf(['today-0', 'today-1'], 'k') })
      const read = await run(version, 'OldConsumer', [topic, `group-${version}`, '150', '600', '52'])
      expect(read).toEqual([...expected([...codecs, ...codecs], 100), '800 k today-0', '801 k today-1'])
      const { groups } = await broker.ask(apis.DescribeGroups, 5, { groups: [`group-${version}`] })
      expect(groups).toMatchObject([{ groupState: 'Empty', protocolType: 'consumer' }])
    },
  )
})
