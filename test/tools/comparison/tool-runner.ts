// Kafka's command-line tools, unmodified: many in one JVM that stays, or one in a JVM of its own as `bin/` starts it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { kafkaClasspath } from '../../oracle/kafka.ts'
import { type Compiled, compileJava, jarsOf } from '../../support/jars.ts'
import { runJava } from '../../support/java.ts'

const SOURCE = fileURLToPath(new URL('../../java/tools/ToolRunner.java', import.meta.url))
const SHELL_POM = fileURLToPath(new URL('./pom.xml', import.meta.url))
/** As in Kafka's own `tools-log4j2.yaml`, without times. */
const LOGGING = fileURLToPath(new URL('./log4j2.properties', import.meta.url))
const [SHELL_TIMEOUT_MS, SHELL_TRIES] = [15_000, 4]
const TOOLS = 'org.apache.kafka.tools'

/** The main classes, by the names of the scripts in `bin/` without their `kafka-`. */
export const mains = {
  'broker-api-versions': `${TOOLS}.BrokerApiVersionsCommand`,
  'client-metrics': `${TOOLS}.ClientMetricsCommand`,
  cluster: `${TOOLS}.ClusterTool`,
  configs: 'kafka.admin.ConfigCommand',
  'console-consumer': `${TOOLS}.consumer.ConsoleConsumer`,
  'console-producer': `${TOOLS}.ConsoleProducer`,
  'consumer-groups': `${TOOLS}.consumer.group.ConsumerGroupCommand`,
  'consumer-perf-test': `${TOOLS}.ConsumerPerformance`,
  'delete-records': `${TOOLS}.DeleteRecordsCommand`,
  'dump-log': `${TOOLS}.DumpLogSegments`,
  features: `${TOOLS}.FeatureCommand`,
  'get-offsets': `${TOOLS}.GetOffsetShell`,
  groups: `${TOOLS}.GroupsCommand`,
  'leader-election': `${TOOLS}.LeaderElectionCommand`,
  'log-dirs': `${TOOLS}.LogDirsCommand`,
  'metadata-quorum': `${TOOLS}.MetadataQuorumCommand`,
  'metadata-shell': 'org.apache.kafka.shell.MetadataShell',
  'producer-perf-test': `${TOOLS}.ProducerPerformance`,
  'reassign-partitions': `${TOOLS}.reassign.ReassignPartitionsCommand`,
  storage: 'kafka.tools.StorageTool',
  topics: `${TOOLS}.TopicCommand`,
  transactions: `${TOOLS}.TransactionsCommand`,
  'verifiable-consumer': `${TOOLS}.VerifiableConsumer`,
  'verifiable-producer': `${TOOLS}.VerifiableProducer`,
} as const

export type ToolName = keyof typeof mains

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningTool {
  readonly outcome: Promise<Outcome>
  /** SIGTERM: it ends as it does when somebody presses Ctrl-C. */
  stop(): Promise<Outcome>
}

export class ToolRunner {
  readonly #compiled: Compiled
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  readonly #exited: Promise<unknown>
  #next = 0

  private constructor(compiled: Compiled) {
    this.#compiled = compiled
    // With encoders of its own, one thread may write what another has logged.
    const logging = [`-Dlog4j2.configurationFile=${LOGGING}`, '-Dlog4j2.enableDirectEncoders=false']
    const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', ...logging, '-cp', compiled.classpath]
    this.#child = spawn('java', [...jvm, 'ToolRunner'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#exited = once(this.#child, 'exit')
    if (this.#child.stdout === null) throw new Error('the tool runner has no stdout')
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, ...outcome } = JSON.parse(line) as Outcome & { id: number }
      this.#waiting.get(id)?.(outcome)
      this.#waiting.delete(id)
    })
  }

  static async start(): Promise<ToolRunner> {
    const [kafka, shell] = [await kafkaClasspath(), await jarsOf(SHELL_POM, 'kafka-shell-4.3.1')]
    return new ToolRunner(await compileJava([SOURCE], `${kafka}:${shell}`))
  }

  begin(tool: ToolName, args: readonly string[], input = ''): RunningTool {
    const id = this.#next++
    const outcome = Promise.race([
      new Promise<Outcome>((resolve) => this.#waiting.set(id, resolve)),
      this.#exited.then(() => Promise.reject(new Error('the JVM of the tools is gone'))),
    ])
    this.#send({ id, main: mains[tool], args, input })
    return {
      outcome,
      stop: () => {
        this.#send({ id, stop: true })
        return outcome
      },
    }
  }

  /** In a JVM of its own. */
  async runAlone(tool: ToolName, args: readonly string[], input = ''): Promise<Outcome> {
    const jvm = ['-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${LOGGING}`]
    const timeoutMs = tool === 'metadata-shell' ? SHELL_TIMEOUT_MS : undefined
    const options = { input, jvm, ...(timeoutMs !== undefined && { timeoutMs }) }
    let outcome = await runJava(this.#compiled.classpath, mains[tool], args, options)
    // The shell can miss that it has read all of a snapshot, whoever wrote it, and waits for ever then.
    for (let tries = 1; outcome.code === null && tries < SHELL_TRIES; tries++) {
      outcome = await runJava(this.#compiled.classpath, mains[tool], args, options)
    }
    return outcome
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
    this.#compiled.dispose()
  }

  #send(request: object): void {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
  }
}
