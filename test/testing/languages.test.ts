// The control server from other languages: each walks through all that it can be asked, with what its standard library
// has for HTTP, and no client of ours. A language whose tools are missing is skipped, and that is said.
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { serveControl, startBroker } from '../../src/testing/index.ts'

const steps = ['looking_inside', 'waiting', 'following', 'between_tests', 'time', 'errors', 'making_it_fail', 'health']
const path = (file: string) => fileURLToPath(new URL(`./languages/${file}`, import.meta.url))

interface Language {
  readonly name: string
  /** Tells whether its tools are there. */
  readonly probe: readonly [string, ...string[]]
  readonly command: readonly [string, ...string[]]
}

const languages: Language[] = [
  { name: 'Python', probe: ['python3', '--version'], command: ['python3', path('walk.py')] },
  { name: 'Go', probe: ['go', 'version'], command: ['go', 'run', path('walk.go')] },
  // A file that is run as it stands needs JDK 11.
  { name: 'Java', probe: ['java', '--source', '17', '--version'], command: ['java', path('Walk.java')] },
]

test.each(languages)('$name has the whole control in its hand', { timeout: 120_000 }, async (language) => {
  const { name, probe, command } = language
  const [tool, ...toolArgs] = probe
  if (spawnSync(tool, toolArgs).status !== 0) {
    console.log(`skipped: ${name} from the control server, for there is no ${tool} here`)
    return
  }
  // Two directories: one may fail while the other goes on.
  const config = { 'log.dirs': '/odradek/a,/odradek/b', 'metadata.log.dir': '/odradek/m' }
  await using broker = await startBroker({ config })
  const control = await serveControl(broker)
  try {
    const [file, ...args] = command
    const { stdout } = await promisify(execFile)(file, [...args, control.url], { timeout: 110_000 })
    expect(stdout.trim().split(/\s+/)).toEqual(steps)
  } finally {
    await control.close()
  }
})
