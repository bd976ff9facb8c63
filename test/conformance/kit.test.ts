// `odradek conformance` as its users run it: against brokers that are sound, old, broken, in use, and not there.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { leftOut, taken } from '../../conformance/areas.ts'
import { startBroker, type TestBroker, type TestBrokerOptions } from '../../src/testing/index.ts'
import { apis, encode } from '../../src/wire/index.ts'
import { CLI, odradek } from '../cli/command.ts'
import { RawClient } from '../support/raw-client.ts'

interface JsonReport {
  readonly totals: {
    readonly checks: number
    readonly passed: number
    readonly failed: number
    readonly notApplicable: number
  }
  readonly leftBehind: string[]
  readonly checks: readonly {
    readonly id: string
    readonly name: string
    readonly rule: { readonly source: string; readonly title: string }
    readonly outcome: string
    readonly reason?: string
    readonly expected?: unknown
    readonly got?: unknown
    readonly exchange?: readonly { readonly request?: string; readonly sent?: unknown; readonly got?: unknown }[]
  }[]
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function brokerWith(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await startBroker(options)
  closers.push(() => broker.close())
  return broker
}

async function conformance(broker: TestBroker, ...args: string[]) {
  const command = ['conformance', '--bootstrap', broker.bootstrapServers, '--report', 'json', ...args]
  const { code, stdout, stderr } = await odradek(command)
  return { code, stderr, report: JSON.parse(stdout) as JsonReport }
}

/** All that a run could leave behind. */
async function stateOf(broker: TestBroker) {
  const client = await RawClient.connect(broker.host, broker.port)
  const resources = ['1', ''].map((resourceName) => ({ resourceType: 4, resourceName, configurationKeys: null }))
  const state = {
    topics: (await client.ask(apis.Metadata, 12, { topics: null })).topics.map(({ name }) => name),
    groups: (await client.ask(apis.ListGroups, 5, {})).groups,
    resources: (await client.ask(apis.ListConfigResources, 1, { resourceTypes: [16, 32] })).configResources,
    open: (await client.ask(apis.ListTransactions, 2, { stateFilters: ['Ongoing'] })).transactionStates,
    configs: (await client.ask(apis.DescribeConfigs, 4, { resources })).results,
    offsets: (await client.ask(apis.OffsetFetch, 7, { groupId: 'in-use', topics: null })).topics,
  }
  client.close()
  return state
}

/** A topic with records, a group with an offset, and a config that is not the default. */
async function use(broker: TestBroker): Promise<void> {
  await broker.produce('in-use', [{ value: 'a' }, { value: 'b' }])
  const client = await RawClient.connect(broker.host, broker.port)
  const resources = [
    {
      resourceType: 4,
      resourceName: '',
      configs: [{ name: 'log.index.interval.bytes', configOperation: 0, value: '7000' }],
    },
  ]
  await client.ask(apis.IncrementalAlterConfigs, 1, { resources })
  const topics = [{ name: 'in-use', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  await client.ask(apis.OffsetCommit, 8, { groupId: 'in-use', generationIdOrMemberEpoch: -1, topics })
  client.close()
}

test('every behaviour test is a check, or is left out for a reason', () => {
  const files = readdirSync(fileURLToPath(new URL('../compat', import.meta.url)))
  const names = files.filter((file) => file.endsWith('.test.ts')).map((file) => file.replace('.test.ts', ''))
  expect([...taken, ...Object.keys(leftOut)].sort()).toEqual(names.sort())
})

test('lists the checks, each under an id of its own and somebody’s word', async () => {
  const { code, stdout } = await odradek(['conformance', '--list'])
  const checks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  expect(code).toBe(0)
  expect(checks.length).toBeGreaterThan(500)
  expect(new Set(checks.map(([id]) => id)).size).toBe(checks.length)
  for (const [id, source, name] of checks) {
    expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/)
    expect(source).toMatch(/^(KIP-\d+|Protocol guide|Configuration|Kafka 4\.3\.1)$/)
    expect(name?.length).toBeGreaterThan(10)
  }
})

describe('a sound broker', () => {
  test('passes, and is afterwards as it was', { timeout: 180_000 }, async () => {
    const broker = await brokerWith({ topics: ['in-use'] })
    await use(broker)
    const before = await stateOf(broker)
    const { code, stderr, report } = await conformance(broker)
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(report.leftBehind).toEqual([])
    expect(code).toBe(0)
    expect(report.totals.passed).toBeGreaterThan(500)
    expect(report.totals.passed + report.totals.notApplicable).toBe(report.totals.checks)
    expect(stderr).toMatch(/\d+ checks: \d+ passed, 0 failed, \d+ not applicable \([\d.]+ s\)\n$/)
    const { topics, ...after } = await stateOf(broker)
    expect(after).toEqual({ ...before, topics: undefined })
    // The first group and the first transaction made them.
    expect(topics.sort()).toEqual(['__consumer_offsets', '__transaction_state', 'in-use'])
    expect(broker.records('in-use').map(({ value }) => String(value))).toEqual(['a', 'b'])
  })

  test('of another age is asked only for what it claims to have', { timeout: 180_000 }, async () => {
    const broker = await brokerWith({ apiVersions: '2.8' })
    const { code, report } = await conformance(broker)
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(code).toBe(0)
    expect(report.totals.passed).toBeGreaterThan(300)
    const skipped = report.checks.filter(({ outcome }) => outcome === 'not applicable')
    expect(skipped.length).toBeGreaterThan(100)
    expect(skipped.map(({ reason }) => reason)).toContain('ConsumerGroupHeartbeat is not advertised')
  })
})

describe('a broken broker', () => {
  test('fails with what was expected, what came, and what was said before', { timeout: 60_000 }, async () => {
    const broker = await brokerWith()
    const beyond = (body: unknown) => JSON.stringify(body).includes('"fetchOffset":3')
    broker.fail({ api: 'Fetch', when: ({ body }) => beyond(body) }, 'NOT_LEADER_OR_FOLLOWER')
    const { code, stderr, report } = await conformance(broker, '--only', '^fetch/fetch-refuses-offset')
    expect(code).toBe(1)
    expect(stderr).toContain('failed: Fetch refuses offset 3 of a log from 0 to 2\n')
    const [failed, passed] = report.checks
    expect(passed).toMatchObject({ outcome: 'passed' })
    expect(passed).not.toHaveProperty('exchange')
    expect(failed).toMatchObject({
      id: 'fetch/fetch-refuses-offset-3-of-a-log-from-0-to-2',
      outcome: 'failed',
      rule: { source: 'Protocol guide', title: 'The Messages: Fetch' },
      expected: { errorCode: 'OFFSET_OUT_OF_RANGE' },
      got: { errorCode: 'NOT_LEADER_OR_FOLLOWER' },
    })
    const last = failed?.exchange?.at(-1)
    expect(last).toMatchObject({ request: 'Fetch 12', sent: { topics: [{ partitions: [{ fetchOffset: 3 }] }] } })
    expect(JSON.stringify(last?.got)).toContain('NOT_LEADER_OR_FOLLOWER')
  })

  test('that does not answer fails when the time of a check is over', { timeout: 60_000 }, async () => {
    const broker = await brokerWith()
    broker.fail({ api: 'DescribeCluster' }, { noAnswer: true })
    const { code, report } = await conformance(broker, '--only', '^describe-cluster/', '--timeout', '1')
    expect(code).toBe(1)
    expect(report.checks[0]).toMatchObject({ outcome: 'failed', expected: 'an end', got: 'none within 1 s' })
    expect(report.checks[0]?.exchange?.at(-1)).toMatchObject({ got: 'no answer until the end of the check' })
  })

  test('whose answers cannot be read fails, and the checks go on', { timeout: 60_000 }, async () => {
    const broker = await brokerWith()
    broker.fail({ api: 'DescribeCluster' }, { cut: 9 })
    broker.fail({ api: 'DescribeTopicPartitions' }, { corrupt: 12 }, { seed: 3 })
    const { code, report } = await conformance(broker, '--only', '^describe-', '--timeout', '5')
    expect(code).toBe(1)
    const outcomes = (file: string) => {
      return new Set(report.checks.filter(({ id }) => id.startsWith(file)).map(({ outcome }) => outcome))
    }
    expect(outcomes('describe-cluster/')).toContain('failed')
    expect(outcomes('describe-topic-partitions/')).toContain('failed')
    expect(outcomes('describe-configs/')).toEqual(new Set(['passed']))
  })

  test('that refuses to delete is named at the end', { timeout: 120_000 }, async () => {
    const broker = await brokerWith({ config: { 'delete.topic.enable': 'false' } })
    const { code, report } = await conformance(broker, '--only', '^offset-for-leader-epoch/')
    expect(report.totals.failed).toBe(0)
    expect(report.leftBehind).toEqual([expect.stringMatching(/^topics: /)])
    expect(code).toBe(1)
  })
})

test('a broker that goes away ends the run, which says so', { timeout: 60_000 }, async () => {
  const broker = await brokerWith()
  const child = spawn(process.execPath, [CLI, 'conformance', '--bootstrap', broker.bootstrapServers], { stdio: 'pipe' })
  const [exit, printed] = [once(child, 'exit'), text(child.stdout)]
  await toldOnStderr(child, '100 of ')
  await broker.close()
  expect(await exit).toEqual([1, null])
  const report = await printed
  expect(report).toContain(`broken off: no broker can be reached at ${broker.bootstrapServers}`)
  expect(report).toMatch(/left on the broker: all with conformance-[0-9a-f]{8} in its name: /)
  expect(report).toMatch(/\d+ checks: \d+ passed, \d+ failed, \d+ not applicable, \d+ not run/)
})

describe('no broker', () => {
  test.for([
    ['nobody listens', ['--bootstrap', '127.0.0.1:1'], 'no broker can be reached at 127.0.0.1:1'],
    ['there is no such host', ['--bootstrap', 'no.such.host.invalid:9092'], 'no broker can be reached at no.such.host'],
    ['the address is missing', [], 'where is the broker? --bootstrap HOST:PORT'],
    ['the address has no port', ['--bootstrap', 'localhost'], 'where is the broker? --bootstrap HOST:PORT'],
    ['nothing fits', ['--bootstrap', '127.0.0.1:1', '--only', 'no such check'], 'no check fits --only no such check'],
    ['the pattern is none', ['--bootstrap', '127.0.0.1:1', '--only', '('], '--only (: Invalid regular expression'],
  ] as const)('is one sentence and exit code 2: %s', async ([, args, sentence]) => {
    const { code, stdout, stderr } = await odradek(['conformance', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`odradek: ${sentence}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

/** Listens, and answers every frame with what it is given, behind the frame's correlation id. */
async function listener(bodyOf: (apiKey: number) => Uint8Array): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      const body = bodyOf(chunk.readInt16BE(4))
      const size = Buffer.alloc(4)
      size.writeInt32BE(4 + body.length)
      socket.write(Buffer.concat([size, chunk.subarray(8, 12), body]))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closers.push(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('what is no broker for the checks is refused in one sentence', () => {
  const versions = encode(apis.ApiVersions.response, 0, {
    apiKeys: [
      { apiKey: 3, minVersion: 1, maxVersion: 1 },
      { apiKey: 18, minVersion: 0, maxVersion: 0 },
    ],
  })

  test('one of several brokers', async () => {
    const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host: 'localhost', port: 9092 }))
    const metadata = encode(apis.Metadata.response, 1, { brokers })
    const address = await listener((apiKey) => (apiKey === 3 ? metadata : versions))
    const { code, stderr } = await odradek(['conformance', '--bootstrap', address])
    expect(code).toBe(2)
    expect(stderr).toBe(`odradek: the checks are for a cluster of one broker, and ${address} knows 3\n`)
  })

  test('something that speaks in another way', async () => {
    const address = await listener(() => Buffer.from('HTTP/1.1 400 Bad Request'))
    const { code, stderr } = await odradek(['conformance', '--bootstrap', address])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^odradek: what listens at 127\.0\.0\.1:\d+ does not answer as a broker would: .+\n$/)
  })
})

test('an interrupted run leaves nothing behind either', { timeout: 60_000 }, async () => {
  const broker = await brokerWith()
  const child = spawn(process.execPath, [CLI, 'conformance', '--bootstrap', broker.bootstrapServers], { stdio: 'pipe' })
  child.stdout.resume()
  const exit = once(child, 'exit')
  await toldOnStderr(child, '100 of ')
  expect((await stateOf(broker)).topics.length).toBeGreaterThan(3)
  child.kill('SIGINT')
  expect(await exit).toEqual([130, null])
  const { topics, groups, open } = await stateOf(broker)
  expect(topics.sort()).toEqual(['__consumer_offsets', '__transaction_state'])
  expect({ groups, open }).toEqual({ groups: [], open: [] })
})

async function toldOnStderr(child: ChildProcess, what: string): Promise<void> {
  let told = ''
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      told += String(chunk)
      if (told.includes(what)) resolve()
    })
  })
}
