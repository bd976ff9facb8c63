// The projects of examples/ under their runners, and the essentials of odradek/testing under the same, in two workers at
// a time; on each Node that is asked for. Whoever runs them shall end by itself: nothing is left of a broker.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addEssentials, has, majors, nodeBinary, type Ran, run, Workshop } from './projects.ts'

const workshop = new Workshop()
beforeAll(() => workshop.open())
afterAll(() => workshop.close())

/** How many tests the essentials are, twice; those of vitest and jest have one more, of their matchers. */
const ESSENTIALS = 14

interface Runner {
  readonly name: string
  readonly example: string
  /** A file of essentials/ and how it is run. */
  readonly essentials: string
  readonly command: readonly string[]
  readonly count: number
  /** How the runner tells of what has passed. */
  readonly passed: RegExp
}

const vitest = {
  example: 'vitest',
  essentials: 'vitest.1.test.mjs',
  count: ESSENTIALS + 1,
  passed: /Tests +(\d+) passed \(/,
}
const jest = { example: 'jest', count: ESSENTIALS + 1, passed: /^Tests: +(\d+) passed, \d+ total$/m }
const jestBinary = 'node_modules/jest/bin/jest.js'

const runners: Runner[] = [
  { ...vitest, name: 'vitest', command: ['node_modules/vitest/vitest.mjs', 'run', '--pool=forks', 'essentials'] },
  {
    ...vitest,
    name: 'vitest, in threads',
    command: ['node_modules/vitest/vitest.mjs', 'run', '--pool=threads', 'essentials'],
  },
  {
    ...jest,
    name: 'jest, CommonJS',
    essentials: 'jest.1.test.cjs',
    command: [jestBinary, '--maxWorkers=2', '--testMatch', '**/essentials/*.test.cjs'],
  },
  {
    ...jest,
    name: 'jest, ESM',
    essentials: 'jest.1.test.mjs',
    command: ['--experimental-vm-modules', jestBinary, '--maxWorkers=2', '--testMatch', '**/essentials/*.test.mjs'],
  },
  {
    name: 'node:test',
    example: 'node-test',
    essentials: 'node.1.test.mjs',
    command: ['--test', '--test-concurrency=2', 'essentials/node.1.test.mjs', 'essentials/node.2.test.mjs'],
    count: ESSENTIALS,
    passed: /^(?:#|ℹ) pass (\d+)$/m,
  },
  {
    name: 'mocha',
    example: 'mocha',
    essentials: 'mocha.1.spec.mjs',
    command: [
      'node_modules/mocha/bin/mocha.js',
      '--no-package',
      '--timeout=30000',
      '--parallel',
      '--jobs=2',
      'essentials/*.spec.mjs',
    ],
    count: ESSENTIALS,
    passed: /^ *(\d+) passing/m,
  },
]

function expectPassed({ code, output }: Ran): void {
  expect(code, output).toBe(0)
}

describe.each(majors())('On Node %s', (major) => {
  let node: string
  beforeAll(async () => {
    node = await nodeBinary(major)
  })

  test.each(['vitest', 'jest', 'node-test', 'mocha'])('examples/%s', async (example) => {
    expectPassed(await run(await workshop.project(example), node, ['npm', 'test']))
  })

  test.each(runners)('the essentials under $name', async ({ example, essentials, command, count, passed }) => {
    const directory = await workshop.project(example)
    addEssentials(directory, essentials)
    const ran = await run(directory, node, [node, ...command])
    expectPassed(ran)
    expect(passed.exec(ran.output)?.[1], ran.output).toBe(String(2 * count))
    expect(ran.output).not.toMatch(/did not exit|open handle/i)
  })

  test('the README alone leads from nothing to a test with a fault', async () => {
    const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
    const [, packages = '', file = '', command = ''] =
      /After `npm install --save-dev ([\w ]+)`, save this as `([\w.]+)` and run `(node --test)`/.exec(readme) ?? []
    const [, code = ''] = /<!-- example: testing -->\n```js\n([\s\S]*?)```/.exec(readme) ?? []
    const { directory, tarball } = workshop.empty(`readme-${major}`)
    const names = packages.split(' ').map((name) => (name === 'odradek' ? tarball : name))
    expectPassed(await run(directory, node, ['npm', 'install', '--no-audit', '--no-fund', '--save-dev', ...names]))
    writeFileSync(join(directory, file), code)
    const ran = await run(directory, node, command.split(' ') as [string, ...string[]])
    expectPassed(ran)
    expect(ran.output).toMatch(/^(?:#|ℹ) pass 1$/m)
  })

  test('examples/kafkajs beside odradek run', async () => {
    const ran = await run(await workshop.project('kafkajs'), node, ['npm', 'start'])
    expectPassed(ran)
    expect(ran.output).toContain('en: hello')
  })
})

test('examples/vitest has its types, those of the matchers too', async () => {
  expectPassed(await run(await workshop.project('vitest'), process.execPath, ['npm', 'run', 'check']))
})

test('the declarations of the package hold for who checks those of libraries too', async () => {
  const directory = await workshop.project('vitest')
  const entries = ['odradek', 'odradek/wire', 'odradek/testing', 'odradek/testing/jest']
  for (const extension of ['mts', 'cts']) {
    const file = `entries.${extension}`
    writeFileSync(join(directory, file), entries.map((entry) => `import '${entry}'\n`).join(''))
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
    const command = ['node_modules/.bin/tsc', ...options, '--types', 'node', file] as const
    expectPassed(await run(directory, process.execPath, command))
  }
})

describe('Beside odradek run --control', () => {
  const beside = async (...command: readonly string[]) => {
    const directory = await workshop.project('kafkajs')
    return [join(directory, 'node_modules/.bin/odradek'), 'run', '--control', '--', ...command] as const
  }

  test.runIf(has('examples/pytest', 'python3', '-m', 'venv', '--help'))('examples/pytest', async () => {
    const directory = await workshop.project('pytest')
    const python = join(directory, '.venv/bin/python')
    expectPassed(await run(directory, process.execPath, ['python3', '-m', 'venv', '.venv']))
    const install = [python, '-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'] as const
    expectPassed(await run(directory, process.execPath, install))
    const ran = await run(directory, process.execPath, await beside(python, '-m', 'pytest', '-q'))
    expectPassed(ran)
    expect(ran.output).toMatch(/^5 passed/m)
  })

  test.runIf(has('examples/go-test', 'go', 'version'))('examples/go-test', async () => {
    const ran = await run(
      await workshop.project('go-test'),
      process.execPath,
      await beside('go', 'test', '-v', './...'),
    )
    expectPassed(ran)
    expect(ran.output.match(/^--- PASS/gm), ran.output).toHaveLength(4)
  })

  test.runIf(has('examples/junit', 'mvn', '--version'))('examples/junit', async () => {
    const ran = await run(await workshop.project('junit'), process.execPath, await beside('mvn', '-B', 'test'))
    expectPassed(ran)
    expect(ran.output).toMatch(/Tests run: 4, Failures: 0, Errors: 0, Skipped: 0/)
  })
})
