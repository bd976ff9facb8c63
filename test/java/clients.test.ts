// Kafka's Java clients, unmodified, as applications use them: the cases of compat/, all in one JVM, each a test here.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { compileClients } from '../support/jars.ts'
import { runJava } from '../support/java.ts'

interface Outcome {
  readonly name: string
  readonly error: string | null
}

const compiled = await compileClients('compat')
const names = (await runJava(compiled.classpath, 'Behaviours', ['--list'])).stdout.trim().split('\n')
const outcomes = new Map(names.map((name) => [name, outcomeToCome()]))
let ended: Promise<void> = Promise.resolve()
let kill = () => false

function outcomeToCome() {
  let settle: (outcome: Outcome) => void = () => undefined
  const promise = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

beforeAll(() => {
  const { host, port } = inject('address')
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'
  const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', logging, '-cp', compiled.classpath]
  const child = spawn('java', [...jvm, 'Behaviours', `${host}:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  kill = () => child.kill('SIGKILL')
  createInterface({ input: child.stdout }).on('line', (line) => {
    const outcome = JSON.parse(line) as Outcome
    outcomes.get(outcome.name)?.settle(outcome)
  })
  ended = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      for (const [name, { settle }] of outcomes) settle({ name, error: `the JVM ended with ${signal ?? code} before` })
      resolve()
    })
  })
})

afterAll(async () => {
  kill()
  await ended
  compiled.dispose()
})

test.each(names)('%s', async (name) => {
  expect((await outcomes.get(name)?.promise)?.error).toBeNull()
})
