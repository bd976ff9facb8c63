// `npm run conformance`: `odradek conformance` against Apache Kafka and against Odradek, each started with its defaults.
// `npm run conformance -- --record` writes the reports to docs/conformance/.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KAFKA_VERSION, startKafka } from '../oracle/kafka.ts'
import { startOdradek } from '../support/odradek-process.ts'

interface Running {
  readonly host: string
  readonly port: number
  stop(): Promise<unknown>
}

interface Subject {
  readonly name: string
  /** Of its report in docs/conformance/. */
  readonly file: string
  start(): Promise<Running>
}

interface Totals {
  readonly checks: number
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
}

/** What is read here of the kit's report. */
interface Report {
  readonly kit: { readonly version: string }
  readonly startedAt: string
  readonly durationMs: number
  readonly totals: Totals
  readonly checks: readonly { readonly area: string; readonly outcome: string }[]
}

interface Ended extends Subject {
  readonly code: number | null
  readonly text: string
  readonly report: Report
}

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const DOCS = fileURLToPath(new URL('../../docs/conformance/', import.meta.url))

const subjects: readonly Subject[] = [
  {
    name: `Apache Kafka ${KAFKA_VERSION}`,
    file: 'kafka.json',
    // Its default, which the other tests do not wait for.
    start: () => startKafka({ overrides: { 'group.initial.rebalance.delay.ms': '3000' } }),
  },
  { name: 'Odradek', file: 'odradek.json', start: startOdradekAlone },
]

const ended: Ended[] = []
for (const subject of subjects) {
  const one = await runAgainst(subject)
  console.log(`${one.name}: ${totalsText(one.report)}`)
  ended.push(one)
}
if (process.argv.includes('--record')) record(ended)
process.exitCode = ended.every(({ code }) => code === 0) ? 0 : 1

async function startOdradekAlone(): Promise<Running> {
  const logDir = mkdtempSync(join(tmpdir(), 'odradek-conformance-'))
  const { host, port, stop } = await startOdradek(['--port', '0', '--log-dir', logDir])
  return { host, port, stop: () => stop().then(() => rmSync(logDir, { recursive: true })) }
}

async function runAgainst(subject: Subject): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-report-'))
  const file = join(directory, subject.file)
  const { host, port, stop } = await subject.start()
  try {
    const address = ['--bootstrap', `${host}:${port}`]
    const child = spawn(process.execPath, [CLI, 'conformance', ...address, '--report', 'json', '--output', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    const text = readFileSync(file, 'utf8')
    return { ...subject, code, text, report: JSON.parse(text) as Report }
  } finally {
    await stop()
    rmSync(directory, { recursive: true })
  }
}

function totalsText({ totals, durationMs }: Report): string {
  const { checks, passed, failed, notApplicable } = totals
  const seconds = (durationMs / 1000).toFixed(0)
  return `${checks} checks: ${passed} passed, ${failed} failed, ${notApplicable} not applicable, in ${seconds} s`
}

function record(all: readonly Ended[]): void {
  mkdirSync(DOCS, { recursive: true })
  for (const { file, text } of all) writeFileSync(join(DOCS, file), text)
  writeFileSync(join(DOCS, 'README.md'), summary(all))
}

function summary(all: readonly Ended[]): string {
  const [{ report }] = all as [Ended]
  const areas = [...new Set(report.checks.map(({ area }) => area))]
  const rows = areas.map((area) => [area, ...all.map((one) => areaText(one.report, area))])
  const lines = [['area', ...all.map(({ name }) => name)], ['---', ...all.map(() => '---')], ...rows]
  return `# Reports of conformance

Made by \`npm run conformance -- --record\`: [\`odradek conformance\`](../conformance.md) of version ${report.kit.version} against each broker, started with its defaults on ${report.startedAt.slice(0, 10)}.

${all.map((one) => `- **${one.name}**: ${totalsText(one.report)} ([every check](${one.file}))`).join('\n')}

Passed, of the checks of each area:

${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`
}

function areaText({ checks }: Report, wanted: string): string {
  const ofArea = checks.filter(({ area }) => area === wanted)
  const count = (outcome: string) => ofArea.filter((check) => check.outcome === outcome).length
  const others = (['failed', 'not applicable', 'not run'] as const).flatMap((outcome) => {
    return count(outcome) === 0 ? [] : [`${count(outcome)} ${outcome}`]
  })
  return [`${count('passed')} of ${ofArea.length}`, ...others].join(', ')
}
