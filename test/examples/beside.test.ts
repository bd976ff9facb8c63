// What stands beside the package for containers and for GitHub: what they start is run here as it is there, with the
// package as it would be published. There is no container engine and no runner of GitHub's in this: what those do
// themselves is not tested.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { has, run, Workshop } from './projects.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const workshop = new Workshop()
beforeAll(() => workshop.open())
afterAll(() => workshop.close())

/** Where the client is told that the broker is. */
async function advertised(bootstrap: string): Promise<string[]> {
  const [host = '', port] = bootstrap.split(':')
  const client = await RawClient.connect(host, Number(port))
  const { brokers } = await client.send(apis.Metadata, 12, { topics: [] })
  client.close()
  return (brokers ?? []).map((broker) => `${broker.host}:${broker.port}`)
}

async function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk)
    const [, found] = pattern.exec(output) ?? []
    if (found !== undefined) return found
  }
  throw new Error(`it ended with: ${output}`)
}

describe('The container', () => {
  // As the Containerfile lays it out.
  let image: string
  beforeAll(async () => {
    image = await workshop.project('kafkajs')
    for (const file of ['run.mjs', 'healthcheck.mjs']) copyFileSync(join(root, 'container', file), join(image, file))
    symlinkSync(join(image, 'run.mjs'), join(image, 'etc-kafka-docker-run'))
  })

  function start(env: Record<string, string>, command: readonly string[] = []): ChildProcess {
    const [file = join(image, 'etc-kafka-docker-run'), ...args] = command
    const local = { ODRADEK_CONTROL_PORT: '0', ODRADEK_CONTROL_HOST: '127.0.0.1' }
    return spawn(file, args, {
      env: { PATH: process.env.PATH, ...local, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async function whileRunning(
    child: ChildProcess,
    look: (url: string, output: string) => Promise<void>,
  ): Promise<void> {
    try {
      const url = await lineOf(child, /^odradek control on (\S+)$/m)
      const { bootstrapServers } = (await (await fetch(`${url}/readyz`)).json()) as { bootstrapServers: string }
      await look(url, bootstrapServers)
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  }

  test('is a broker in memory, whose configs come from the environment', async () => {
    const env = {
      KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0',
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:19092',
      KAFKA_NUM_PARTITIONS: '3',
      KAFKA_HEAP_OPTS: '-Xmx1g',
    }
    await whileRunning(start(env), async (url, bootstrap) => {
      const { partitions } = (await (
        await fetch(`${url}/topics`, { method: 'POST', body: '{"name":"t"}' })
      ).json()) as { partitions: unknown[] }
      expect(partitions).toHaveLength(3)
      expect(await advertised(bootstrap)).toEqual(['localhost:19092'])
      const health = { ODRADEK_CONTROL_PORT: new URL(url).port }
      expect(await run(image, process.execPath, ['node', 'healthcheck.mjs'], health)).toEqual({ code: 0, output: '' })
    })
    expect(
      await run(image, process.execPath, ['node', 'healthcheck.mjs'], { ODRADEK_CONTROL_PORT: '1' }),
    ).toMatchObject({
      code: 1,
    })
  })

  test('starts on what Testcontainers sets for apache/kafka, by the script that it copies in', async () => {
    const env = {
      CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
      KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0,BROKER://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_NODE_ID: '1',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: '9223372036854775807',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    }
    const [script, isWritten] = [join(image, 'start.sh'), join(image, 'start.written')]
    const child = start(env, ['sh', '-c', `while [ ! -f ${isWritten} ]; do sleep 0.05; done; exec sh ${script}`])
    const command = `exec ${join(image, 'etc-kafka-docker-run')}`
    writeFileSync(
      script,
      `export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:32768,BROKER://host:9093\n${command}\n`,
    )
    writeFileSync(isWritten, '')
    await whileRunning(child, async (_, bootstrap) => {
      expect(await advertised(bootstrap.split(',')[0] ?? '')).toEqual(['localhost:32768'])
    })
  })

  test('is made of files that are there, and let through to the build', () => {
    const ignored = read('.containerignore').split('\n')
    expect(read('.dockerignore')).toBe(read('.containerignore'))
    const copied = Array.from(read('Containerfile').matchAll(/^COPY ((?!--)[^\n]+) \S+$/gm), ([, paths = '']) =>
      paths.split(' ').filter((path) => path !== '.'),
    ).flat()
    expect(copied).toContain('container/run.mjs')
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(ignored).not.toContain(path.split('/', 1)[0])
    }
  })

  test.runIf(has('examples/testcontainers', 'mvn', '--version'))(
    'compiles as a container of Testcontainers',
    async () => {
      const ran = await run(await workshop.project('testcontainers'), process.execPath, ['mvn', '-B', 'test'])
      expect(ran.code, ran.output).toBe(0)
      const [, skipped] = /Tests run: 1, Failures: 0, Errors: 0, Skipped: (\d)/.exec(ran.output) ?? []
      if (skipped === '1') console.log('skipped: the container itself, for there is no container engine here')
    },
  )
})

describe('The GitHub Action', () => {
  const declared = (section: string) => {
    const [, lines = ''] = new RegExp(`^${section}:\n((?: .*\n)+)`, 'm').exec(read('action.yml')) ?? []
    return Array.from(lines.matchAll(/^ {2}([\w-]+):/gm), ([, name]) => name)
  }

  test('uses the inputs and outputs that it declares', () => {
    const main = read('action/main.mjs')
    const used = (pattern: RegExp) => new Set(Array.from(main.matchAll(pattern), ([, name]) => name))
    expect(used(/input\('([\w-]+)'\)/g)).toEqual(new Set(declared('inputs')))
    expect(used(/GITHUB_OUTPUT, '([\w-]+)'/g)).toEqual(new Set(declared('outputs')))
    for (const key of ['main', 'post']) expect(read('action.yml')).toContain(`  ${key}: action/${key}.mjs\n`)
  })

  async function act(inputs: Record<string, string>) {
    const directory = await workshop.project('node-test')
    const files = { GITHUB_ENV: 'env', GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state' } as const
    const env: Record<string, string> = { RUNNER_TEMP: directory, INPUT_VERSION: `file:${workshop.tarball}` }
    for (const [name, file] of Object.entries(files)) {
      env[name] = join(directory, `${file}.txt`)
      writeFileSync(env[name], '')
    }
    for (const [name, value] of Object.entries(inputs)) env[`INPUT_${name.toUpperCase()}`] = value
    const action = (file: string, more = {}) =>
      run(directory, process.execPath, ['node', join(root, 'action', file)], { ...env, ...more })
    const told = (file: string): Record<string, string> =>
      Object.fromEntries(
        readFileSync(join(directory, `${file}.txt`), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    return { ran: await action('main.mjs'), told, post: (state: Record<string, string>) => action('post.mjs', state) }
  }

  test('starts a broker for the steps that follow, and stops it', async () => {
    const { ran, told, post } = await act({ PORT: '0', TOPICS: 'orders:3, bills', CONFIG: 'message.max.bytes=2000\n' })
    expect(ran.code, ran.output).toBe(0)
    const { KAFKA_BOOTSTRAP_SERVERS: bootstrap = '', ODRADEK_CONTROL_URL: url = '' } = told('env')
    expect(told('output')).toEqual({ 'bootstrap-servers': bootstrap, 'control-url': url })
    expect(await advertised(bootstrap)).toEqual([bootstrap])
    expect(await (await fetch(`${url}/topics`)).json()).toEqual(['orders', 'bills'])
    const { pid = '', log = '' } = told('state')
    const ended = await post({ STATE_pid: pid, STATE_log: log })
    expect(ended).toMatchObject({ code: 0, output: expect.stringContaining('odradek control on') })
    await expect.poll(() => fetch(`${url}/readyz`).catch(() => 'gone')).toBe('gone')
  })

  test('tells why a broker did not start', async () => {
    const { ran } = await act({ PORT: '0', CONFIG: 'num.partitions=none' })
    expect(ran.code).toBe(1)
    expect(ran.output).toMatch(/^::error title=Odradek::the broker did not start:%0Aodradek: .*num.partitions/m)
  })
})
