// `npm run smoke`: the package as its users get it. Packs it, installs it in an empty directory and uses it from
// import, from require and as a command, with the Node that runs this.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare } from './lib/project.mjs'

prepare()
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
const directory = mkdtempSync(join(tmpdir(), 'odradek-smoke-'))
try {
  install()
  library('import.mjs', "import * as odradek from 'odradek'\nimport * as wire from 'odradek/wire'")
  library('require.cjs', "const odradek = require('odradek')\nconst wire = require('odradek/wire')")
  assert.equal(run(command(), '--version'), `${version}\n`)
  const line = '{"message":"ApiVersionsRequest","version":0,"json":{}}\n'
  assert.equal(run({ input: line }, command(), 'wire', 'encode'), '{"hex":""}\n')
  // The checks are tests, and must not need what tests need.
  assert.match(run(command(), 'conformance', '--list'), /^api-versions\//)
  console.log(`${name} ${version} works on Node ${process.version}`)
} finally {
  rmSync(directory, { recursive: true })
}

function install() {
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n')
  const shell = process.platform === 'win32'
  const options = { encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'inherit'] }
  const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], options)
  assert.equal(packed.status, 0, 'npm pack')
  const [{ filename }] = JSON.parse(packed.stdout)
  const args = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', `./${filename}`]
  assert.equal(spawnSync('npm', args, { ...options, cwd: directory }).status, 0, 'npm install')
}

/** Both entries load, are one instance, and start a broker that goes away again. */
function library(file, imports) {
  writeFileSync(
    join(directory, file),
    `${imports}
if (odradek.version !== '${version}') throw new Error(odradek.version)
if (odradek.KafkaError !== wire.KafkaError) throw new Error('two instances of one class')
void (async () => {
  const broker = await odradek.startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
  if (!(broker.port > 0)) throw new Error('no port')
  await broker.close()
})()
`,
  )
  assert.equal(run(file), '')
}

function command() {
  return join('node_modules', 'odradek', 'dist', 'cli.js')
}

function run(...args) {
  const options = typeof args[0] === 'object' ? args.shift() : {}
  const { status, stdout } = spawnSync(process.execPath, args, {
    ...options,
    cwd: directory,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  })
  assert.equal(status, 0, args.join(' '))
  return stdout
}
