// One broker as the differ sees it: every request of a script with its answer, in order.
import { type Draft, type Infer, type Message, versionRange } from '../../src/wire/index.ts'
import type { NewBatch } from '../../src/wire/records/index.ts'
import { append, awaitCoordinator, createTopic, newProducerId } from '../support/admin.ts'
import { eventually } from '../support/eventually.ts'
import { RawClient } from '../support/raw-client.ts'
import type { Readable } from '../support/readable.ts'

interface ApiSchemas {
  readonly name: string
  readonly request: Message
  readonly response: Message
}

export interface Exchange {
  readonly api: string
  readonly version: number
  /** What the script says of the request. */
  readonly note: string
  /** The decoded answer; `closed` where the broker ended the connection, `unanswered` where it said nothing. */
  readonly answer: unknown
}

/** Longer than any script has a request wait. */
const UNANSWERED_MS = 20_000

type Answer<A extends ApiSchemas> = Readable<Infer<A['response']>>

export class Recorder {
  readonly exchanges: Exchange[] = []
  /** What this broker invented, by what the script calls it. */
  readonly known = new Map<string, string>()
  readonly host: string
  readonly port: number
  private readonly clients = new Map<string, Promise<RawClient>>()

  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  /** The script's connection of this name. */
  connection(name = 'main'): Promise<RawClient> {
    let client = this.clients.get(name)
    if (client === undefined) {
      client = this.open(name)
      this.clients.set(name, client)
    }
    return client
  }

  private async open(name: string): Promise<RawClient> {
    const client = await RawClient.connect(this.host, this.port, 'differ')
    void client.closed.then(() => this.clients.delete(name))
    return client
  }

  /** Gives what the broker invented a name that both brokers share. */
  know(value: string | number, name: string): void {
    this.known.set(String(value), `<${name}>`)
  }

  /** Sends a request and records the answer. */
  async ask<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
    note = '',
    connection = 'main',
  ): Promise<Answer<A> | undefined> {
    // Answers are recorded in the order of the requests, also where one waits for another.
    const at = this.exchanges.push({ api: api.name, version, note, answer: undefined }) - 1
    const answer = await this.answerTo(api, version, body, connection)
    this.exchanges[at] = { api: api.name, version, note, answer }
    return typeof answer === 'string' ? undefined : answer
  }

  private async answerTo<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
    connection: string,
  ): Promise<Answer<A> | 'closed' | 'unanswered'> {
    const client = await this.connection(connection)
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<'unanswered'>((resolve) => {
      timer = setTimeout(() => {
        resolve('unanswered')
        client.close()
      }, UNANSWERED_MS)
    })
    try {
      return await Promise.race([client.ask(api, version, body), silence])
    } catch (error) {
      if (!/closed the connection/.test(String(error))) throw error
      await client.closed
      return 'closed'
    } finally {
      clearTimeout(timer)
    }
  }

  /** As `ask`, without recording: for what prepares a script. */
  async prepare<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>): Promise<Answer<A>> {
    return (await this.connection()).ask(api, version, body)
  }

  /** As `prepare`, until the answer passes. */
  async prepareUntil<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
    passes: (answer: Answer<A>) => boolean,
  ): Promise<Answer<A>> {
    return eventually(`an answer of ${api.name}`, async () => {
      const answer = await this.prepare(api, version, body)
      return passes(answer) ? answer : undefined
    })
  }

  /** Sends bytes and records whether the broker ends the connection. */
  async sendBytes(bytes: Uint8Array, note: string): Promise<void> {
    const client = await RawClient.connect(this.host, this.port, 'differ')
    client.sendBytes(bytes)
    await client.closed
    this.exchanges.push({ api: 'bytes', version: 0, note, answer: 'closed' })
  }

  /** Creates a topic and waits until its partitions can be read; gives its id. */
  async topic(name: string, numPartitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const { id } = await createTopic(await this.connection(), name, numPartitions, configs)
    this.know(id, `the id of ${name}`)
    return id
  }

  /** Appends values with fixed timestamps. */
  async produce(topic: string, values: readonly string[], batch: Partial<NewBatch> = {}, index = 0): Promise<void> {
    await append(await this.connection(), topic, values, batch, index)
  }

  /** Waits until the group's coordinator answers. */
  async coordinator(groupId: string): Promise<void> {
    await awaitCoordinator(await this.connection(), groupId)
  }

  async producerId(name = 'a producer id'): Promise<number> {
    const id = await newProducerId(await this.connection())
    this.know(id, name)
    return id
  }

  async close(): Promise<void> {
    for (const client of this.clients.values()) (await client).close()
  }
}

export interface Script {
  readonly name: string
  /** What it is about; skipped where one of the brokers does not have it. */
  readonly api?: string
  readonly version?: number
  run(broker: Recorder): Promise<void>
}

/** One script per version of an API; `tag` makes names of topics and groups that no other script has. */
export function everyVersion(
  api: ApiSchemas,
  run: (broker: Recorder, version: number, tag: string) => Promise<void>,
): Script[] {
  const { min, max } = versionRange(api.request.versions) ?? { min: 0, max: -1 }
  return Array.from({ length: max - min + 1 }, (_, i) => {
    const version = min + i
    const tag = `${api.name.toLowerCase()}-${version}`
    return { name: `${api.name} ${version}`, api: api.name, version, run: (broker) => run(broker, version, tag) }
  })
}
