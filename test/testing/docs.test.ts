// Every code block of docs/testing.md and of the README is run as it stands there, those of the README that begin with
// `kafkajs` and `embed` in test/docs. What a block calls that is not ours is a stand-in that looks at its surroundings.
import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import '../../src/testing/vitest.ts'
import { startBroker } from '../../src/testing/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Block {
  readonly kind: string
  readonly name: string
  readonly code: string
}

function blocksOf(text: string): Block[] {
  const found = text.matchAll(/<!-- (\w+)(?:: (\S+))? -->\n```\w+\n([\s\S]*?)```/g)
  return Array.from(found, ([, kind = '', name = '', code = '']) => ({ kind, name, code }))
}

/** Inside the checkout, so that imports find the packages. */
const directory = mkdtempSync(join(root, 'dist', 'example-'))
const bin = join(directory, 'bin')
/** Commands of the shell blocks. */
const standIns = {
  npm: '[ "$1" = install ]',
  npx: `[ "$1" = odradek ] && shift && exec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"`,
  pytest: 'echo "pytest with $KAFKA_BOOTSTRAP_SERVERS"',
  go: 'echo "go with $BOOTSTRAP"',
  mvn: 'echo "mvn with $ODRADEK_CONTROL_URL"',
}

beforeAll(() => {
  mkdirSync(bin)
  for (const [name, script] of Object.entries(standIns)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  writeFileSync(join(directory, 'server.properties'), 'listeners=PLAINTEXT://127.0.0.1:0\n')
})
afterAll(() => rmSync(directory, { recursive: true }))

const surroundings = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1', PATH: bin + delimiter + process.env.PATH }

async function run(code: string): Promise<void> {
  const file = join(directory, 'example.mjs')
  writeFileSync(file, code)
  await promisify(execFile)(process.execPath, [file], { timeout: 60_000, env: surroundings })
}

async function shell(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', code], {
    cwd: directory,
    timeout: 60_000,
    env: surroundings,
  })
  return stdout
}

/** Of a shell that Windows has not. */
const inShell = test.skipIf(process.platform === 'win32')

const page = blocksOf(read('docs/testing.md'))
const readme = blocksOf(read('README.md'))
const prelude = page.find(({ kind }) => kind === 'prelude')?.code ?? ''
const block = (blocks: readonly Block[], kind: string, name = '') =>
  blocks.find((each) => each.kind === kind && each.name === name)?.code ?? ''

test.each([
  ['docs/testing.md', page],
  ['README.md', readme],
])('no code block of %s is left out', (path, blocks) => {
  expect(read(path).match(/^```\w+$/gm)).toHaveLength(blocks.length)
  const known = ['example', 'recipe', 'prelude', 'shell', 'matchers', 'action']
  for (const { kind } of blocks) expect(known).toContain(kind)
})

describe('docs/testing.md', () => {
  const runnable = page.filter(({ kind }) => kind === 'example' || kind === 'recipe')
  test('has recipes', () => expect(runnable.length).toBeGreaterThan(10))

  test.each(runnable)('$kind $name', { timeout: 60_000 }, async ({ kind, code }) => {
    await run(kind === 'recipe' ? `${prelude}${code}` : code)
  })

  test('the matchers', async () => {
    await using broker = await startBroker()
    await broker.produce('orders', { key: 'o-1', value: { total: 12 }, headers: { trace: 'x' } })
    await broker.commit('billing', { orders: { 0: 1 } })
    const code = block(page, 'matchers')
    expect(code.split('\n').length).toBeGreaterThan(3)
    const AsyncFunction = (async () => undefined).constructor as FunctionConstructor
    await new AsyncFunction('expect', 'broker', code)(expect, broker)
  })

  inShell('the install', async () => {
    expect(await shell(block(page, 'shell', 'install'))).toBe('')
  })

  inShell('odradek run, with what is called standing in for the runners', async () => {
    const lines = (await shell(block(page, 'shell', 'run'))).trim().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^pytest with 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^go with 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^mvn with http:\/\/127\.0\.0\.1:\d+$/),
    ])
  })

  inShell('the control server, by curl', async () => {
    const output = await shell(block(page, 'shell', 'control'))
    expect(output).toContain('"hits":0')
    expect(output).toContain('"value":"{\\"total\\":12}"')
    expect(output).toContain('"bootstrapServers"')
  })

  inShell('every route of the control server that it names is there', async () => {
    const { paths } = JSON.parse(
      await shell(`npx odradek run --control -- sh -c 'curl -fsS $ODRADEK_CONTROL_URL/openapi.json'`),
    ) as { paths: Record<string, object> }
    const [, section = ''] = /\| looking \|([\s\S]*?)\n\n/.exec(read('docs/testing.md')) ?? []
    const named = Array.from(section.matchAll(/`(?:(?:GET|POST|DELETE) )?(\/[\w{}/.-]+)`/g), ([, path = '']) => path)
    expect(named.length).toBeGreaterThan(35)
    for (const path of named.filter((each) => each !== '/openapi.json')) expect(Object.keys(paths)).toContain(path)
  })

  test('the GitHub Action has the inputs that are given', () => {
    const inputs = Array.from(block(page, 'action').matchAll(/^ {4}(\w[\w-]*):/gm), ([, name]) => name)
    expect(inputs).toEqual(['topics', 'config'])
    for (const name of inputs) expect(read('action.yml')).toMatch(new RegExp(`^ {2}${name}:$`, 'm'))
  })
})

describe('the README', () => {
  test('a first test', async () => {
    await run(block(readme, 'example', 'testing'))
  })

  inShell('a broker from the command line', { timeout: 60_000 }, async () => {
    const lines = block(readme, 'shell', 'start')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== '')
    expect(lines[0]).toBe('npm start')
    // `npm start` is for a clone, and has tests of its own; the others here at a free port.
    for (const line of lines.slice(1)) {
      const command = line.includes('--port') || line.includes('--config') ? line : `${line} --port 0`
      const child = spawn('sh', ['-ec', `exec ${command}`], { cwd: directory, env: surroundings })
      for await (const chunk of child.stdout) {
        expect(String(chunk)).toMatch(/^odradek \S+ ready on 127\.0\.0\.1:\d+ /)
        break
      }
      child.kill()
    }
  })

  inShell('a broker beside a command', async () => {
    expect(await shell(block(readme, 'shell', 'run'))).toMatch(/^pytest with 127/)
  })

  inShell('conformance, of some checks, of a broker elsewhere', async () => {
    await using broker = await startBroker()
    const command = block(readme, 'shell', 'conformance').trim()
    expect(command).toContain('localhost:9092')
    const some = `${command.replace('localhost:9092', broker.bootstrapServers)} --only ApiVersions`
    expect(await shell(some)).toMatch(/^\d+ checks: [1-9]\d* passed, 0 failed/m)
  })

  inShell('the protocol debugger', async () => {
    const output = await shell(block(readme, 'shell', 'wire'))
    expect(JSON.parse(output)).toMatchObject({ json: { clientSoftwareName: 'k', clientSoftwareVersion: 'v1' } })
  })
})
