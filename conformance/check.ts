// What a check is, and the list that the behaviour tests write themselves into while their files are loaded.
import type { Rule } from '../test/support/rules.ts'
import type { Configs, Fixtures } from '../test/support/runner.ts'

export interface Check {
  /** The same in every run and version, as long as file and sentence are: `fetch/fetch-reads-by-name-at-version-4`. */
  readonly id: string
  /** A sentence. */
  readonly name: string
  readonly area: string
  /** Whether nothing else may run meanwhile. */
  readonly runsAlone: boolean
  readonly rule: Rule
  /** What the broker's configs must be for it. */
  readonly given: Configs
  run(fixtures: Fixtures): Promise<void>
}

/** The test file that is being loaded. */
interface Loading {
  readonly file: string
  readonly area: string
  readonly runsAlone: boolean
}

const all: Check[] = []
const ids = new Set<string>()
let loading: Loading | undefined

/** What is written down while `load` runs comes from this file. */
export async function collect(from: Loading, load: () => Promise<unknown>): Promise<void> {
  loading = from
  await load()
  loading = undefined
}

export function checks(): readonly Check[] {
  return all
}

export function write(check: Omit<Check, 'id' | 'area' | 'runsAlone'>): void {
  if (loading === undefined) throw new Error(`nothing is being loaded: ${check.name}`)
  const { file, area, runsAlone } = loading
  all.push({ id: unused(`${file}/${slug(check.name)}`), area, runsAlone, ...check })
}

function slug(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

function unused(wanted: string): string {
  for (let i = 1; ; i++) {
    const id = i === 1 ? wanted : `${wanted}-${i}`
    if (ids.has(id)) continue
    ids.add(id)
    return id
  }
}
