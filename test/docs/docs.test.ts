// The documentation is held against the code: its tables, and its examples, which are run.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startOdradek } from '../support/odradek-process.ts'
import { generated } from './tables.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('the tables of docs/ are what the code says (npm run docs writes them)', async () => {
  for (const { file, section, content } of await generated()) {
    const text = read(`docs/${file}`)
    const [, written] =
      new RegExp(`<!-- begin: ${section} -->\\n([\\s\\S]*?)\\n<!-- end: ${section} -->`).exec(text) ?? []
    expect(written, `${file}: ${section}`).toBe(content.trim())
  }
})

/** The code blocks that follow a line `<!-- example: NAME -->`. */
function examples(path: string): Map<string, string> {
  const found = read(path).matchAll(/<!-- example: (\S+) -->\n```js\n([\s\S]*?)```/g)
  return new Map(Array.from(found, ([, name = '', code = '']) => [name, code]))
}

async function runExample(code: string): Promise<string> {
  // Inside the checkout, so that its imports find the packages.
  const directory = mkdtempSync(join(root, 'dist', 'example-'))
  try {
    const file = join(directory, 'example.mjs')
    writeFileSync(file, code)
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 })
    return stdout
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('the examples of the README', () => {
  test('kafkajs produces and consumes', { timeout: 60_000 }, async () => {
    const broker = await startOdradek(['--port', '0', '--memory'])
    try {
      const code = examples('README.md').get('kafkajs') ?? ''
      expect(code.split('\n').length).toBeGreaterThan(10)
      const output = await runExample(code.replace('localhost:9092', `${broker.host}:${broker.port}`))
      expect(output).toContain("'en: hello'")
      expect(output).toContain("'fr: salut'")
    } finally {
      await broker.stop()
    }
  })

  test('a broker is embedded', async () => {
    expect(await runExample(examples('README.md').get('embed') ?? '')).toMatch(/^connect to 127\.0\.0\.1:\d+\n$/)
  })
})
