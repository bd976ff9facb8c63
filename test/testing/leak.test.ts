// Many brokers, one after the other in one process, leave nothing behind. How many: LEAK_BROKERS, by default 200.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** What the heap may grow by from the first tenth to the end: code that gets warm, not brokers, which take more each. */
const HEAP_BOUND_MB = 8
const RSS_BOUND_MB = 40

interface Measure {
  readonly brokers: number
  readonly held: number
  readonly handles: readonly string[]
  readonly files: number
  readonly threads: number
  readonly heapMB: number
  readonly rssMB: number
}

test('Brokers that are closed leave no handle, file, thread or memory, and the process ends', {
  timeout: 600_000,
}, async () => {
  const script = fileURLToPath(new URL('./leak.mjs', import.meta.url))
  const args = ['--expose-gc', script, process.env.LEAK_BROKERS ?? '200']
  // It is not told to exit: it hangs where something is left.
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 590_000 })
  const { count, seconds, early, late } = JSON.parse(stdout) as {
    count: number
    seconds: number
    early: Measure
    late: Measure
  }
  const change = (key: 'files' | 'threads') => `${key} ${early[key]} -> ${late[key]}`
  const memory = (key: 'heapMB' | 'rssMB') => `${early[key].toFixed(1)} -> ${late[key].toFixed(1)} MB`
  console.log(
    `${count} brokers in one process, in ${seconds.toFixed(1)} s, from the ${early.brokers}th on: ` +
      `handles ${early.handles.length} -> ${late.handles.length}, ${change('files')}, ${change('threads')}, ` +
      `heap ${memory('heapMB')} (bound: +${HEAP_BOUND_MB}), resident ${memory('rssMB')} (bound: +${RSS_BOUND_MB})`,
  )
  expect(late.held).toBeLessThanOrEqual(1)
  expect(late.handles).toEqual([])
  expect(late.files).toBeLessThanOrEqual(early.files)
  expect(late.threads).toBeLessThanOrEqual(early.threads)
  expect(late.heapMB - early.heapMB).toBeLessThan(HEAP_BOUND_MB)
  expect(late.rssMB - early.rssMB).toBeLessThan(RSS_BOUND_MB)
})
