// `odradek start` as its user sees it: the ready line, the refusals in a sentence, the signals.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { CLI } from './command.ts'

const directory = mkdtempSync(join(tmpdir(), 'odradek-cli-'))
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Run {
  readonly child: ChildProcess
  /** The first line on stdout, or undefined where the command ended without one. */
  readonly ready: Promise<string | undefined>
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

function odradek(...args: string[]): Run {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let stdout = ''
  let stderr = ''
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return { code: code as number | null, stdout, stderr }
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const line = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')))
    })
  })
  return { child, ready: Promise.race([line, ended.then(() => undefined)]), ended }
}

function portOf(line: string | undefined): number {
  return Number(/ready on \S+:(\d+) /.exec(line ?? '')?.[1])
}

describe('a broker that starts', () => {
  test('prints one line when it accepts connections, and nothing else', async () => {
    const { child, ready, ended } = odradek('--port', '0', '--log-dir', 'quiet')
    const line = await ready
    expect(line).toMatch(/^odradek \d+\.\d+\.\d+\S* ready on 127\.0\.0\.1:\d+ \(quiet, \d+ ms\)$/)
    const client = await RawClient.connect('127.0.0.1', portOf(line))
    expect((await client.send(apis.Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
    client.close()
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 0, stdout: `${line}\n`, stderr: '' })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 after %s', async (signal) => {
    const { child, ready, ended } = odradek('start', '--port', '0', '--memory')
    expect(await ready).toContain('(memory, ')
    child.kill(signal)
    expect((await ended).code).toBe(0)
  })

  test('takes a server.properties and overrides', async () => {
    writeFileSync(join(directory, 'server.properties'), 'listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs=one\nnode.id=7\n')
    const { child, ready, ended } = odradek('--config', 'server.properties', '--override', 'num.partitions=3')
    const line = await ready
    expect(line).toContain('(one, ')
    const client = await RawClient.connect('127.0.0.1', portOf(line))
    const { brokers } = await client.send(apis.Metadata, 9, { topics: [] })
    expect(brokers[0]?.nodeId).toBe(7)
    const asked = await client.send(apis.DescribeConfigs, 4, {
      resources: [{ resourceType: 4, resourceName: '7', configurationKeys: ['num.partitions'] }],
    })
    expect(asked.results[0]?.configs[0]?.value).toBe('3')
    client.close()
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
  })

  test('logs to stderr what it is asked to, as JSON on request', async () => {
    const { child, ready, ended } = odradek('--port', '0', '--memory', '--log-level', 'debug', '--log-format', 'json')
    const client = await RawClient.connect('127.0.0.1', portOf(await ready))
    client.sendBytes(Buffer.from('00000004ffffffff', 'hex'))
    await client.closed
    child.kill('SIGTERM')
    const lines = (await ended).stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'closed a connection that sent an invalid request' }),
    )
  })
})

describe('a broker that cannot start says why in a sentence, without a stack', () => {
  const sentence = /^odradek: [^\n]+\n$/

  test('the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { code, stdout, stderr } = await odradek('--port', String(port), '--memory').ended
    server.close()
    expect(stderr).toMatch(sentence)
    expect(stderr).toContain(`127.0.0.1:${port}`)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  test('the log directory is in use', async () => {
    const first = odradek('--port', '0', '--log-dir', 'shared')
    await first.ready
    const { code, stderr } = await odradek('--port', '0', '--log-dir', 'shared').ended
    expect(stderr).toMatch(sentence)
    expect(stderr).toContain('shared')
    expect(code).toBe(1)
    first.child.kill('SIGKILL')
    await first.ended
    // The lock ended with its process.
    const third = odradek('--port', '0', '--log-dir', 'shared')
    expect(await third.ready).toContain('ready on')
  })

  test('the log directory belongs to another node', async () => {
    const first = odradek('--port', '0', '--log-dir', 'of-node-1')
    await first.ready
    first.child.kill('SIGTERM')
    await first.ended
    const { code, stderr } = await odradek('--port', '0', '--log-dir', 'of-node-1', '--override', 'node.id=2').ended
    expect(stderr).toMatch(sentence)
    expect(stderr).toContain('node 1')
    expect(code).toBe(2)
  })

  test.each([
    ['an unknown flag', ['--prot', '1'], '--prot'],
    ['a port that is none', ['--port', '70000'], '65535'],
    ['an override without a value', ['--override', 'x'], 'key=value'],
    ['a config that is not there', ['--config', 'missing.properties'], 'missing.properties'],
    ['a value that a config cannot have', ['--override', 'num.partitions=0'], 'num.partitions'],
    [
      'a listener that is to be encrypted',
      [
        '--memory',
        '--override',
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,X:SSL',
        '--override',
        'listeners=PLAINTEXT://:0,X://:0',
      ],
      'listener X is SSL',
    ],
    ['memory and a directory', ['--memory', '--log-dir', 'x'], '--log-dir'],
  ])('%s', async (_, args, named) => {
    const { code, stdout, stderr } = await odradek(...args, '--port', '0').ended
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(named)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})
