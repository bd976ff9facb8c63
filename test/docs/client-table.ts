// The table of clients and scenarios in docs/compatibility.md, from the last recorded runs against both brokers.
import { drivers } from '../clients/drivers.ts'
import { type ClientResults, type Outcome, recordedResults } from '../clients/results.ts'
import { SCENARIOS, type Scenario, scenarioNames } from '../clients/scenarios.ts'

const LONGEST_NOTE = 200

interface Column {
  readonly client: string
  readonly odradek: ClientResults
  readonly kafka: ClientResults | undefined
}

/** Numbers notes; who says the same twice has one note. */
class Notes {
  private readonly numbers = new Map<string, number>()

  mark(text: string): string {
    const number = this.numbers.get(text) ?? this.numbers.size + 1
    this.numbers.set(text, number)
    return `<sup>${number}</sup>`
  }

  lines(): string[] {
    return Array.from(this.numbers, ([text, number]) => `${number}. ${text}`)
  }
}

export function clientTable(): string {
  const results = recordedResults()
  const columns: Column[] = drivers.flatMap(({ name, client }) => {
    const odradek = results.odradek[name]
    return odradek === undefined ? [] : [{ client, odradek, kafka: results.kafka[name] }]
  })
  const notes = new Notes()
  const rows = scenarioNames.map((scenario) => {
    const cells = columns.map((column) => cell(column, scenario, notes))
    return `| \`${scenario}\`: ${SCENARIOS[scenario]} | ${cells.join(' | ')} |`
  })
  const absent = drivers.filter(({ name }) => results.odradek[name] === undefined).map(({ client }) => client)
  return [
    `| | ${columns.map(({ client, odradek }) => heading(client, odradek.version)).join(' | ')} |`,
    `|---|${columns.map(() => ':---:|').join('')}`,
    ...rows,
    '',
    ...(absent.length > 0 ? [`Not in these runs: ${absent.join(', ')}.`, ''] : []),
    ...notes.lines(),
  ].join('\n')
}

/** The version is said once. */
function heading(client: string, version: string): string {
  return client.endsWith(version) ? client : `${client} ${version}`
}

function cell({ client, odradek, kafka }: Column, scenario: Scenario, notes: Notes): string {
  const [ours, theirs] = [odradek.scenarios[scenario], kafka?.scenarios[scenario]]
  if (ours === undefined) return ''
  if (ours.outcome === 'ok') {
    if (theirs === undefined || theirs.outcome === 'ok') return '✓'
    return `✓${notes.mark(`${client}, against Apache Kafka: ${words(theirs)}`)}`
  }
  const where = theirs?.outcome === ours.outcome ? '' : ', not so against Apache Kafka'
  return `${ours.outcome === 'unsupported' ? '–' : '✗'}${notes.mark(`${client}${where}: ${words(ours)}`)}`
}

/** In a line of Markdown, as it stands. */
function words({ outcome, reason = outcome }: Outcome): string {
  const text = reason.length > LONGEST_NOTE ? `${reason.slice(0, LONGEST_NOTE)}…` : reason
  return text.replace(/[\\`*_<>[\]|]/g, '\\$&')
}
