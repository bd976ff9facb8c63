// Every code block of docs/testing.md and of the README's part on testing is run, as it stands there.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Block {
  readonly kind: string
  readonly name: string
  readonly code: string
}

function blocksOf(text: string): Block[] {
  const found = text.matchAll(/<!-- (example|recipe|prelude)(?:: (\S+))? -->\n```js\n([\s\S]*?)```/g)
  return Array.from(found, ([, kind = '', name = '', code = '']) => ({ kind, name, code }))
}

async function run(code: string): Promise<void> {
  // Inside the checkout, so that its imports find the packages.
  const directory = mkdtempSync(join(root, 'dist', 'example-'))
  try {
    const file = join(directory, 'example.mjs')
    writeFileSync(file, code)
    const env = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' }
    await promisify(execFile)(process.execPath, [file], { timeout: 60_000, env })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const page = blocksOf(read('docs/testing.md'))
const prelude = page.find(({ kind }) => kind === 'prelude')?.code ?? ''
const runnable = page.filter(({ kind }) => kind !== 'prelude')

test('no code block is left out', () => {
  expect(read('docs/testing.md').match(/```js\n/g)).toHaveLength(page.length)
  expect(runnable.length).toBeGreaterThan(10)
})

describe('docs/testing.md', () => {
  test.each(runnable)('$kind $name', { timeout: 60_000 }, async ({ kind, code }) => {
    await run(kind === 'recipe' ? `${prelude}${code}` : code)
  })
})

describe('the README', () => {
  test.each(blocksOf(read('README.md')).filter(({ name }) => name.startsWith('testing')))('$name', async ({ code }) => {
    await run(code)
  })
})
