// Small Java programs of java/ that ask classes of Kafka directly, compiled against its jars.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Compiled, compileJava } from '../support/jars.ts'
import { kafkaClasspath } from './kafka.ts'

const MAX_OUTPUT_BYTES = 1 << 30

/** Compiles one file into a classpath of its own, before Kafka's. */
export async function compileAgainstKafka(file: string): Promise<Compiled> {
  const source = fileURLToPath(new URL(`./java/${file}`, import.meta.url))
  return compileJava([source], await kafkaClasspath())
}

/** Compiles one file, and gives what its main class prints. */
export async function runAgainstKafka(file: string, main: string, args: readonly string[]): Promise<string> {
  const { classpath, dispose } = await compileAgainstKafka(file)
  try {
    const run = promisify(execFile)
    const { stdout } = await run('java', ['-cp', classpath, main, ...args], { maxBuffer: MAX_OUTPUT_BYTES })
    return stdout
  } finally {
    dispose()
  }
}
