// What `npm start` and `npm test` share: bring the checkout up to date, doing nothing where it already is.
// Runs before anything is installed, so it uses Node alone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

const BUILD_STAMP = 'dist/.inputs'
// The tests of test/compat are the checks of the conformance kit.
const BUILD_INPUTS = [
  'src',
  'conformance',
  'test/compat',
  'test/support',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

/** Installs and builds what is missing or out of date; ends the process where that fails. */
export function prepare() {
  process.chdir(root)
  if (!isInstalled()) npm('ci')
  const inputs = digestOfInputs()
  if (readText(BUILD_STAMP) === inputs) return
  node('scripts/build.mjs')
  writeFileSync(BUILD_STAMP, inputs)
}

/** Runs Node on these arguments, with our input and output; ends the process with its code where it fails. */
export function node(...args) {
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(signal === null ? (status ?? 1) : 1)
}

/** The very npm that runs us, where one does. On stderr, so that what a script prints stays its own. */
function npm(...args) {
  const cli = process.env.npm_execpath
  const [command, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]]
  const shell = cli === undefined && process.platform === 'win32'
  const { status } = spawnSync(command, [...first, ...args], { stdio: ['ignore', 2, 2], shell })
  if (status !== 0) process.exit(status ?? 1)
}

/** Whether node_modules holds what the lock asks for; what is optional may be missing. */
function isInstalled() {
  const installed = JSON.parse(readText('node_modules/.package-lock.json') ?? '{}').packages ?? {}
  const wanted = JSON.parse(readText('package-lock.json') ?? '{}').packages ?? {}
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  )
}

function digestOfInputs() {
  const hash = createHash('sha256')
  for (const path of BUILD_INPUTS.flatMap(filesUnder)) {
    if (!path.endsWith('.test.ts') || path.startsWith('test/')) hash.update(`${path}\n`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`))
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
