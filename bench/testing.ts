// What a test waits for: brokers in the test's own process, Odradek's beside kfake of franz-go, which is built and run with
// Go where that is there.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startBroker } from '../src/testing/index.ts'
import { median } from './process.ts'

const PROCESSES = 9

/** In ms, as bench/embedded.mjs prints them. */
type Embedded = Readonly<
  Record<
    | 'wireMs'
    | 'loadMs'
    | 'firstMs'
    | 'nextMs'
    | 'testStartMs'
    | 'resetMs'
    | 'snapshotMs'
    | 'restoreMs'
    | 'closeMs'
    | 'firstRecordMs',
    number
  >
>

type Kfake = Readonly<Record<'firstMs' | 'nextMs' | 'firstRecordMs', number>>

const rows: readonly [row: string, key: keyof Embedded, aim: string][] = [
  ['loading the codecs (odradek/wire)', 'wireMs', '< 5 ms'],
  ['loading the rest of the package', 'loadMs', ''],
  ['first broker in a process', 'firstMs', '< 50 ms'],
  ['next broker in the process', 'nextMs', '< 10 ms'],
  ['odradek/testing: start, with a topic', 'testStartMs', '< 10 ms'],
  ['odradek/testing: reset, with a topic', 'resetMs', '< 5 ms'],
  ['odradek/testing: snapshot', 'snapshotMs', ''],
  ['odradek/testing: restore', 'restoreMs', ''],
  ['odradek/testing: close', 'closeMs', ''],
  ['subscribe to first record (franz-go)', 'firstRecordMs', ''],
]

/** A table in Markdown. */
export async function testingTable(): Promise<string[]> {
  const binary = buildKfake()
  const theirs = binary === undefined ? undefined : medians(() => runJson<Kfake>(binary))
  const own = medians(() => runJson<Embedded>(process.execPath, script('embedded.mjs')))
  const ours = binary === undefined ? own : { ...own, firstRecordMs: await firstRecord(binary) }
  const shown = (ms: number | undefined) => (ms === undefined ? '' : `${ms.toFixed(ms < 1 ? 2 : 1)} ms`)
  return [
    `Embedded, in memory (median of ${PROCESSES} processes), beside kfake of franz-go${theirs === undefined ? ' (not measured: there is no Go here)' : ''}:`,
    '',
    '| what | Odradek | kfake | aim |',
    '|---|---|---|---|',
    ...rows.map(
      ([row, key, aim]) => `| ${row} | ${shown(ours[key])} | ${shown(theirs?.[key as keyof Kfake])} | ${aim} |`,
    ),
    '',
  ]
}

function script(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url))
}

function runJson<T>(file: string, ...args: readonly string[]): T {
  const output = execFileSync(file, args, { encoding: 'utf8' })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T
}

function medians<T extends Readonly<Record<string, number>>>(run: () => T): T {
  const runs = Array.from({ length: PROCESSES }, run)
  const keys = Object.keys(runs[0] ?? {}) as (keyof T)[]
  return Object.fromEntries(keys.map((key) => [key, median(runs.map((each) => each[key] as number))])) as T
}

/** Undefined without Go. */
function buildKfake(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return undefined
  const binary = fileURLToPath(new URL('../.cache/kfake-bench', import.meta.url))
  execFileSync('go', ['build', '-o', binary, '.'], { cwd: script('kfake'), stdio: ['ignore', 2, 2] })
  return binary
}

/** From Odradek, by the same client. */
async function firstRecord(binary: string): Promise<number> {
  await using broker = await startBroker({ topics: ['bench'] })
  const child = spawn(binary, [broker.bootstrapServers], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return (JSON.parse(output) as Kfake).firstRecordMs
}
