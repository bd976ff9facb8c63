// Kafka's own group coordinator shard as a process: java/GroupShard.java, compiled against Kafka's jars, which answers
// the steps of test/support/group-shards.ts as our shard does.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Api, apis, decode, type ErrorName, encode, fromJson, type Json, toJson } from '../../src/wire/index.ts'
import { type Outcome, type RequestStep, racks, refusal, type Step, type Topics } from '../support/group-shards.ts'
import type { Compiled } from '../support/jars.ts'
import { compileAgainstKafka } from './kafka-java.ts'

const MAIN = 'org.apache.kafka.coordinator.group.GroupShard'

interface Told {
  readonly response?: string
  readonly error?: ErrorName
  readonly message?: string | null
  readonly cause?: string
  readonly records?: readonly (readonly [string, string | null])[]
  readonly answers?: Readonly<Record<string, string>>
}

export class KafkaShard {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #compiled: Compiled
  /** Requests that wait for an answer. */
  readonly #asked = new Map<string, RequestStep>()
  /** What was behind the errors that Kafka did not foresee. */
  readonly causes: string[] = []

  private constructor(child: ChildProcess, compiled: Compiled) {
    this.#child = child
    this.#compiled = compiled
    if (child.stdout === null) throw new Error('the shard has no output')
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  static async start(): Promise<KafkaShard> {
    const compiled = await compileAgainstKafka('GroupShard.java')
    const options = { stdio: ['pipe', 'pipe', 'inherit'] as ('pipe' | 'inherit')[] }
    return new KafkaShard(spawn('java', ['-Xmx512m', '-cp', compiled.classpath, MAIN], options), compiled)
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await exit
    this.#compiled.dispose()
  }

  async step(step: Step): Promise<Outcome> {
    if (step.op === 'start') this.#asked.clear()
    if (step.op === 'request') this.#asked.set(String(step.id), step)
    const told = await this.#tell(forJava(step))
    const answers: Record<string, Json> = {}
    if (step.op === 'request') {
      if (told.response !== undefined) answers[step.id] = this.#answer(String(step.id), told.response)
      if (told.error !== undefined) {
        if (told.cause !== undefined) this.causes.push(told.cause)
        answers[step.id] = completed(step, refusal(step, told.error, told.message ?? null))
        this.#asked.delete(String(step.id))
      }
    } else if (told.error !== undefined) throw new Error(`Kafka's shard failed: ${told.cause ?? told.error}`)
    for (const [id, response] of Object.entries(told.answers ?? {})) answers[id] = this.#answer(id, response)
    // Nobody answers any more what has waited through that.
    if (step.op === 'reload') this.#asked.clear()
    return { answers, records: (told.records ?? []).map(([key, value]) => [base64(key), value && base64(value)]) }
  }

  async #tell(line: object): Promise<Told> {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error("Kafka's shard has ended")
    return JSON.parse(value) as Told
  }

  #answer(id: string, response: string): Json {
    const step = this.#asked.get(id)
    if (step === undefined) throw new Error(`an answer to no request: ${id}`)
    this.#asked.delete(id)
    const api: Api = apis[step.api]
    const answer = toJson(api.response, step.version, decode(api.response, step.version, Buffer.from(response, 'hex')))
    return step.api === 'JoinGroup' ? asBrokersSayIt(answer, step.version) : answer
  }
}

/** What is between the coordinator and the client knows one word for no protocol. */
function asBrokersSayIt(joined: Json, version: number): Json {
  const { protocolName, ...rest } = joined as Record<string, Json>
  return { ...rest, protocolName: protocolName || (version >= 7 ? null : '') }
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

/** A partial answer with every field. */
function completed({ api: name, version }: RequestStep, partial: Json): Json {
  const { response }: Api = apis[name]
  const bytes = encode(response, version, fromJson(response, version, partial))
  const answer = toJson(response, version, decode(response, version, bytes))
  return name === 'JoinGroup' ? asBrokersSayIt(answer, version) : answer
}

function forJava(step: Step): object {
  switch (step.op) {
    case 'start':
    case 'topics':
      return { ...step, topics: withRacks(step.topics) }
    case 'request': {
      const api: Api = apis[step.api]
      const body = encode(api.request, step.version, fromJson(api.request, step.version, step.body)).toString('hex')
      return { ...step, api: api.key, body }
    }
    default:
      return step
  }
}

function withRacks(topics: Topics): object {
  return Object.fromEntries(
    Object.entries(topics).map(([name, { replicas, ...topic }]) => [
      name,
      { ...topic, racks: replicas.map((replica) => racks[replica]).filter((rack) => rack !== null) },
    ]),
  )
}
