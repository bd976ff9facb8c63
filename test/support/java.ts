// Runs a main class of Kafka's jars, unmodified, in a JVM of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface JavaResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a short run wants: no time spent on the second compiler. */
const QUICK_START = ['-XX:TieredStopAtLevel=1']

/** Runs to the end, with `input` on its standard input; `jvm` are options of the JVM. After `timeoutMs` it is killed. */
export async function runJava(
  classpath: string,
  mainClass: string,
  args: readonly string[],
  { input = '', jvm = QUICK_START, timeoutMs }: { input?: string; jvm?: readonly string[]; timeoutMs?: number } = {},
): Promise<JavaResult> {
  const child = spawn('java', ['-Xmx512m', ...jvm, '-cp', classpath, mainClass, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: 'SIGKILL' }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code: code as number | null, stdout, stderr }
}
