// The GitHub Action: installs the package, starts a broker with its control server, and tells the steps that follow where
// they are. The broker goes on after this ends; action/post.mjs stops it. Uses Node alone.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_TIMEOUT_MS = 60_000
const { env } = process

/** As the runner hands it over: its name in capitals, dashes kept. */
function input(name) {
  return (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()
}

function list(text, separator) {
  return text
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function tell(file, name, value) {
  if (file !== undefined) appendFileSync(file, `${name}=${value}\n`)
}

const directory = mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), 'odradek-'))
const spec = `odradek@${input('version') || 'latest'}`
const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, spec], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (npm.status !== 0) fail(`npm install ${spec} failed`)

const log = join(directory, 'odradek.log')
const broker = start()
tell(env.GITHUB_STATE, 'pid', broker.pid)
tell(env.GITHUB_STATE, 'log', log)
const { bootstrapServers, controlUrl } = await ready()
for (const topic of list(input('topics'), /[\n,]/)) await makeTopic(topic)
tell(env.GITHUB_ENV, 'KAFKA_BOOTSTRAP_SERVERS', bootstrapServers)
tell(env.GITHUB_ENV, 'ODRADEK_CONTROL_URL', controlUrl)
tell(env.GITHUB_OUTPUT, 'bootstrap-servers', bootstrapServers)
tell(env.GITHUB_OUTPUT, 'control-url', controlUrl)
console.log(`Kafka on ${bootstrapServers}, its control on ${controlUrl}`)
broker.unref()

function start() {
  const output = openSync(log, 'w')
  const logDir = input('log-dir')
  const args = [
    join(directory, 'node_modules/odradek/dist/cli.js'),
    'start',
    ...['--port', input('port') || '9092', '--control', input('control-port') || '0'],
    ...(logDir === '' ? ['--memory'] : ['--log-dir', logDir]),
    ...list(input('config'), '\n').flatMap((line) => ['--override', line]),
  ]
  return spawn(process.execPath, args, { detached: true, stdio: ['ignore', output, output] })
}

/** Where both are, once the log says so. */
async function ready() {
  const stop = new AbortController()
  broker.once('exit', () => stop.abort())
  const timer = setTimeout(() => stop.abort(), START_TIMEOUT_MS)
  const changes = watch(log, { signal: stop.signal })[Symbol.asyncIterator]()
  try {
    for (;;) {
      const [, controlUrl] = /^odradek control on (\S+)$/m.exec(readFileSync(log, 'utf8')) ?? []
      if (controlUrl !== undefined) {
        const { bootstrapServers } = await (await fetch(`${controlUrl}/readyz`)).json()
        return { bootstrapServers, controlUrl }
      }
      if (stop.signal.aborted) break
      await changes.next()
    }
  } catch (error) {
    if (error.name !== 'AbortError') throw error
  } finally {
    clearTimeout(timer)
    await changes.return?.()
  }
  return fail(`the broker did not start:\n${readFileSync(log, 'utf8')}`)
}

async function makeTopic(text) {
  const [name, partitions = '1'] = text.split(':')
  const body = JSON.stringify({ name, partitions: Number(partitions) })
  const answer = await fetch(`${controlUrl}/topics`, { method: 'POST', body })
  if (!answer.ok) {
    process.kill(broker.pid)
    await once(broker, 'exit')
    fail(`the topic ${text}: ${(await answer.json()).message}`)
  }
}

function fail(message) {
  // The runner shows this beside the step.
  console.log(`::error title=Odradek::${message.replaceAll('%', '%25').replaceAll('\n', '%0A')}`)
  process.exit(1)
}
