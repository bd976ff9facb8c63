// Producers, zombies, crashes, lost answers and time around one broker, and what transactions promise: no commit that was
// answered is lost, nothing is committed twice or in part, no reader of committed records sees what is open or was
// aborted, every transaction ends, and no one is fenced without a cause.
import { apis } from '../../src/wire/index.ts'
import { Batch, encodeBatch, readBatchRecords } from '../../src/wire/records/index.ts'
import { turn } from './coordinator-storage.ts'
import { BrokerCrashed, PARTITIONS, TOPIC, type TransactionalNode, transactionalNode } from './transactional-node.ts'

export const CLIENTS = 3
export const TIMEOUT_MS = 5000
/** How often a client asks again before it gives up and begins anew. */
const PATIENCE = 8
const MAX_TURNS = 2000
const SNEAKED = 'sneaked'
const SNEAKED_OFFSET = 1_000_000

/** How a client asks: how many answers are lost on the way, and whether it then asks again or gives up. */
interface Network {
  readonly lost: number
  readonly retries: boolean
  /** The next step does not wait for this one. */
  readonly together: boolean
}

type ClientStep = Network & { readonly client: number } & (
    | { readonly do: 'send'; readonly partition: number; readonly count: number }
    | { readonly do: 'commitOffsets' }
    | { readonly do: 'end'; readonly committed: boolean }
    /** Another instance of the client begins; the old one does not know, and goes on where it was. */
    | { readonly do: 'takeOver' }
    | { readonly do: 'zombieEnds'; readonly committed: boolean }
    | { readonly do: 'zombieSends'; readonly partition: number }
    /** A request of before arrives once more. */
    | { readonly do: 'echo' }
    /** Writes without adding the partition first, as no client should. */
    | { readonly do: 'sneak'; readonly partition: number }
    | { readonly do: 'sneakOffsets' }
  )

export type Step =
  | ClientStep
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash'; readonly writes: number; readonly tornAfterBytes: number }
  | { readonly do: 'refuseMarkers'; readonly count: number }

/** What came of a transaction, as far as its client can know. */
type Outcome = 'open' | 'committed' | 'aborted' | 'unknown'

interface Transaction {
  readonly id: string
  readonly beganMs: number
  /** Answered without an error: to be seen when it is committed. */
  readonly written: string[]
  offset: number | undefined
  outcome: Outcome
  commitRequested: boolean
}

/** A broken promise. */
class Violation extends Error {}

function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what)
}

/** Errors that pass. */
const AGAIN: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_ENOUGH_REPLICAS',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'KAFKA_STORAGE_ERROR',
])

interface Answered {
  readonly error: string
  /** Asked before without an answer: what it asked for may have been done then. */
  readonly wasLost: boolean
}

type Attempt = () => Promise<string | undefined>

/** A producer with its transactional id, one instance of perhaps many. */
class Client {
  readonly transactionalId: string
  readonly group: string
  readonly #world: World
  readonly #protocol: 1 | 2
  #producerId = -1
  #producerEpoch = -1
  readonly #sequences = new Map<number, number>()
  readonly #added = new Set<string>()
  #network: Network = { lost: 0, retries: true, together: false }
  #lastProduce: Attempt | undefined
  /** Something of it came where it should not: what follows may be refused. */
  #hasStrays = false
  transaction: Transaction | undefined
  /** Another instance has begun to take the id. */
  isSuperseded = false

  constructor(world: World, number: number) {
    this.#world = world
    this.#protocol = number % 2 === 0 ? 2 : 1
    this.transactionalId = `client-${number}`
    this.group = `group-${number}`
  }

  under(network: Network): this {
    this.#network = network
    return this
  }

  get isInitialized(): boolean {
    return this.#producerId >= 0
  }

  get #identity() {
    const { transactionalId } = this
    return { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch }
  }

  /** Takes the id from whoever has it: what that one had open is aborted. */
  async init(): Promise<boolean> {
    const { transactionalId } = this
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const body = { transactionalId, transactionTimeoutMs: TIMEOUT_MS }
      const answer = await this.#world.ask(apis.InitProducerId, 4, body)
      if (answer?.errorCode === 'NONE') {
        this.#producerId = answer.producerId
        this.#producerEpoch = answer.producerEpoch
        this.#sequences.clear()
        this.#world.fenced(this.transactionalId)
        return true
      }
      await this.#world.pause()
    }
    return false
  }

  async send(partition: number, count: number): Promise<void> {
    const transaction = await this.#begin(`${TOPIC}-${partition}`, () => this.#addPartition(partition))
    if (transaction === undefined) return
    const values = Array.from({ length: count }, (_, index) => `${transaction.id}.${this.#world.nextValue()}.${index}`)
    const baseSequence = this.#sequences.get(partition) ?? 0
    this.#lastProduce = this.#produce(partition, values, baseSequence)
    const answered = await this.#retried(this.#lastProduce)
    if (answered.error === 'NONE') {
      this.#sequences.set(partition, baseSequence + count)
      transaction.written.push(...values)
    } else this.#failed('Produce', answered)
  }

  #produce(partition: number, values: readonly string[], baseSequence: number): Attempt {
    const { transactionalId, ...producer } = this.#identity
    const timestamp = this.#world.now
    const records = encodeBatch({
      records: values.map((value) => ({ timestamp, key: null, value: Buffer.from(value) })),
      ...producer,
      baseSequence,
      isTransactional: true,
    })
    return async () => {
      const topicData = [{ name: TOPIC, partitionData: [{ index: partition, records: Buffer.from(records) }] }]
      const body = { transactionalId, acks: -1, topicData }
      const answer = await this.#world.ask(apis.Produce, this.#protocol === 2 ? 12 : 11, body)
      return answer?.responses[0]?.partitionResponses[0]?.errorCode
    }
  }

  #addPartition(partition: number): Promise<Answered> {
    const { producerId, producerEpoch, transactionalId } = this.#identity
    return this.#retried(async () => {
      const answer = await this.#world.ask(apis.AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: TOPIC, partitions: [partition] }],
      })
      return answer?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode
    })
  }

  async commitOffsets(): Promise<void> {
    const transaction = await this.#begin('offsets', () => this.#addOffsets())
    if (transaction === undefined) return
    const offset = this.#world.nextValue()
    const answered = await this.#retried(this.#offsetCommit(offset))
    if (answered.error === 'NONE') transaction.offset = offset
    else this.#failed('TxnOffsetCommit', answered)
  }

  #addOffsets(): Promise<Answered> {
    const body = { ...this.#identity, groupId: this.group }
    return this.#retried(async () => (await this.#world.ask(apis.AddOffsetsToTxn, 3, body))?.errorCode)
  }

  #offsetCommit(offset: number): Attempt {
    const partition = { partitionIndex: 0, committedOffset: offset, committedMetadata: '' }
    const topics = [{ name: TOPIC, partitions: [partition] }]
    const body = { ...this.#identity, groupId: this.group, topics }
    return async () => {
      const answer = await this.#world.ask(apis.TxnOffsetCommit, this.#protocol === 2 ? 5 : 4, body)
      return answer?.topics[0]?.partitions[0]?.errorCode
    }
  }

  /** The transaction, begun where there was none; undefined where it cannot take the partition. */
  async #begin(partition: string, add: () => Promise<Answered>): Promise<Transaction | undefined> {
    if (!this.isInitialized && !(await this.init())) return undefined
    this.transaction ??= this.#world.begin(this.transactionalId)
    if (this.#protocol === 1 && !this.#added.has(partition)) {
      const answered = await add()
      if (answered.error !== 'NONE') {
        this.#failed('AddPartitionsToTxn', answered)
        return undefined
      }
      this.#added.add(partition)
    }
    return this.transaction
  }

  async end(committed: boolean): Promise<void> {
    const { transaction } = this
    if (transaction === undefined) return
    transaction.commitRequested ||= committed
    const body = { ...this.#identity, committed }
    let next: { producerId: number; producerEpoch: number } | undefined
    const answered = await this.#retried(async () => {
      const answer = await this.#world.ask(apis.EndTxn, this.#protocol === 2 ? 5 : 4, body)
      next = answer
      return answer?.errorCode
    })
    if (answered.error !== 'NONE' || next === undefined) {
      // Refused at once, it was ended by someone else; where an answer was lost, perhaps by this one.
      const isKnown = !committed || (answered.error !== 'LOST' && !answered.wasLost && !AGAIN.has(answered.error))
      if (transaction.outcome === 'open') transaction.outcome = isKnown ? 'aborted' : 'unknown'
      this.#failed('EndTxn', answered)
      return
    }
    const isZombies = transaction.outcome === 'aborted' && committed
    promise(!isZombies, `${transaction.id} was fenced, and its commit is answered NONE`)
    // Fenced meanwhile, and answered for what was done before that.
    if (transaction.outcome !== 'aborted') transaction.outcome = committed ? 'committed' : 'aborted'
    if (this.#protocol === 2) {
      this.#producerId = next.producerId
      this.#producerEpoch = next.producerEpoch
      this.#sequences.clear()
    }
    this.#added.clear()
    this.transaction = undefined
  }

  /** A request that was under way all the time arrives again; nobody waits for its answer. */
  async echo(): Promise<void> {
    this.#hasStrays ||= this.#lastProduce !== undefined
    await this.#lastProduce?.()
  }

  /**
   * To a partition that it has not added: under the first protocol, nothing may come of it. (As in Kafka, the transaction
   * before takes it where its marker is late.)
   */
  async sneak(partition: number): Promise<void> {
    if (!this.#canSneak || this.#added.has(`${TOPIC}-${partition}`)) return
    this.#hasStrays = true
    const value = `${SNEAKED}.${this.#world.nextValue()}`
    await this.#produce(partition, [value], this.#sequences.get(partition) ?? 0)()
  }

  get #canSneak(): boolean {
    return this.#protocol === 1 && this.isInitialized && !this.#world.hasLateMarkers
  }

  async sneakOffsets(): Promise<void> {
    if (!this.#canSneak || this.#added.has('offsets')) return
    await this.#offsetCommit(SNEAKED_OFFSET)()
  }

  /**
   * Knows no way on but to begin anew; what it had open is left to the coordinator. But errors that do not pass have a
   * cause: another instance has the id, or the time of the transaction was over. (As in Kafka, an echo that came after its
   * transaction is taken for the beginning of the next one, and what does not follow it is refused.)
   */
  #failed(what: string, { error, wasLost }: Answered): void {
    const { transaction } = this
    const isOverdue = transaction !== undefined && this.#world.now - transaction.beganMs >= TIMEOUT_MS
    const isAfterStray = this.#hasStrays && error === 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    const hasCause = this.isSuperseded || isOverdue || isAfterStray || error === 'LOST' || AGAIN.has(error)
    promise(hasCause, `${transaction?.id} is told ${error} by ${what} for no reason (lost before: ${wasLost})`)
    if (transaction?.outcome === 'open' && transaction.commitRequested) transaction.outcome = 'unknown'
    this.transaction = undefined
    this.#producerId = -1
    this.#added.clear()
  }

  /** Asks again where no answer came, and after errors that pass; the last error else. */
  async #retried(attempt: Attempt): Promise<Answered> {
    let wasLost = false
    let error = 'LOST'
    const { lost, retries } = this.#network
    this.#network = { ...this.#network, lost: 0 }
    for (let count = 0; count < PATIENCE; count++) {
      const answer = await attempt()
      error = answer === undefined || count < lost ? 'LOST' : answer
      wasLost ||= error === 'LOST'
      if (error === 'LOST' && !retries) break
      if (error !== 'LOST' && !AGAIN.has(error)) break
      await this.#world.pause()
    }
    return { error, wasLost }
  }
}

export class World {
  #node: TransactionalNode
  #restarting: Promise<void> | undefined
  #values = 0
  readonly #transactions: Transaction[] = []
  readonly #ofClient = new Map<string, Transaction[]>()
  readonly #clients: Client[]
  readonly #zombies: (Client | undefined)[] = []
  /** What each client, and each zombie, is doing: one thing after the other. */
  readonly #doing = new Map<string, Promise<void>>()
  /** From then on a transaction may be open in a partition for longer than its client knows. */
  hasLateMarkers = false
  /** What readers of committed records have seen of each partition. */
  readonly #seen: string[][] = Array.from({ length: PARTITIONS }, () => [])

  private constructor(node: TransactionalNode) {
    this.#node = node
    this.#clients = Array.from({ length: CLIENTS }, (_, number) => new Client(this, number))
  }

  static async start(seed: number): Promise<World> {
    return new World(await transactionalNode(seed))
  }

  /** How many transactions came to which end. */
  get outcomes(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { outcome } of this.#transactions) counts[outcome] = (counts[outcome] ?? 0) + 1
    return counts
  }

  // --- What clients need

  /** Undefined where the broker went down before it answered. */
  async ask(...[api, version, body]: Parameters<TransactionalNode['ask']>): Promise<ReturnType<typeof JSON.parse>> {
    await this.#restarting
    try {
      return await this.#node.ask(api, version, body)
    } catch (error) {
      if (!(error instanceof BrokerCrashed)) throw error
      await this.#restartFailed()
      return undefined
    }
  }

  /** One restart for all who find the broker gone. */
  async #restartFailed(): Promise<void> {
    if (this.#restarting === undefined && this.#node.hasFailed) this.#restarting = this.#restart()
    await this.#restarting
  }

  async #restart(): Promise<void> {
    this.#node = await this.#node.restart()
    this.#restarting = undefined
  }

  async pause(): Promise<void> {
    this.#node.io.clock.advance(7)
    await turn()
  }

  get now(): number {
    return this.#node.io.clock.now()
  }

  nextValue(): number {
    return ++this.#values
  }

  begin(transactionalId: string): Transaction {
    const id = `${transactionalId}/${this.#transactions.length}`
    const fresh = { written: [], offset: undefined, outcome: 'open', commitRequested: false } as const
    const transaction: Transaction = { id, beganMs: this.now, ...fresh, written: [] }
    this.#transactions.push(transaction)
    this.#ofClient.set(transactionalId, [...(this.#ofClient.get(transactionalId) ?? []), transaction])
    return transaction
  }

  /** Another instance has the id: what was open is aborted, unless its commit was on its way. */
  fenced(transactionalId: string): void {
    for (const transaction of this.#ofClient.get(transactionalId) ?? []) {
      if (transaction.outcome !== 'open') continue
      transaction.outcome = transaction.commitRequested ? 'unknown' : 'aborted'
    }
  }

  // --- A history

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#until(this.#take(step), JSON.stringify(step))
      await turn()
      await this.#restartFailed()
      this.#checkReaders()
    }
    for (const [actor, doing] of this.#doing) await this.#until(doing, actor)
    await this.#settle()
    await this.#checkEnd()
  }

  /** Time goes on while someone waits, but not for ever. */
  async #until(done: Promise<void>, what: string): Promise<void> {
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    done.then(end, end)
    for (let turns = 0; !isDone; turns++) {
      promise(turns < MAX_TURNS, `${what} never ends`)
      await turn()
      if (!isDone) this.#node.io.clock.advance(5)
    }
    await done
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        this.#node.io.clock.advance(step.ms)
        return
      case 'crash':
        this.#node.failAfter(step.writes, step.tornAfterBytes)
        return
      case 'refuseMarkers':
        this.hasLateMarkers = true
        this.#node.refuseMarkers(step.count)
        return
      default:
        return this.#act(step)
    }
  }

  async #act(step: ClientStep): Promise<void> {
    const isZombies = step.do === 'zombieEnds' || step.do === 'zombieSends'
    const actor = `${isZombies ? 'zombie' : 'client'} ${step.client}`
    const before = this.#doing.get(actor) ?? Promise.resolve()
    const done = before.then(() => this.#actNow(step))
    this.#doing.set(actor, done)
    // Found out when all are waited for.
    if (step.together) done.catch(() => undefined)
    else await done
  }

  async #actNow(step: ClientStep): Promise<void> {
    const client = this.#clients[step.client]?.under(step)
    const zombie = this.#zombies[step.client]?.under(step)
    switch (step.do) {
      case 'send':
        return client?.send(step.partition, step.count)
      case 'commitOffsets':
        return client?.commitOffsets()
      case 'end':
        return client?.end(step.committed)
      case 'echo':
        return client?.echo()
      case 'sneak':
        return client?.sneak(step.partition)
      case 'sneakOffsets':
        return client?.sneakOffsets()
      case 'zombieEnds':
        return zombie?.end(step.committed)
      case 'zombieSends':
        return zombie?.isInitialized ? zombie.send(step.partition, 1) : undefined
      case 'takeOver':
        return this.#takeOver(step.client)
    }
  }

  async #takeOver(number: number): Promise<void> {
    const old = this.#clients[number]
    if (old !== undefined) old.isSuperseded = true
    const next = new Client(this, number)
    this.#zombies[number] = old
    this.#clients[number] = next
    await next.init()
  }

  /** A long time in which nobody does anything, and nothing breaks. */
  async #settle(): Promise<void> {
    await this.#restart()
    for (let second = 0; second < 20; second++) {
      this.#node.io.clock.advance(1000)
      await turn()
    }
  }

  // --- What must hold

  /** What a reader of committed records is given, and what it makes of it. */
  #committedIn(partition: number): string[] {
    const { log } = this.#node.replicas.require(TOPIC, partition)
    const aborted = new Set<number>()
    const values: string[] = []
    for (let offset = 0; offset < log.lastStableOffset; ) {
      const read = log.read(offset, { maxBytes: 1 << 24, minOneBatch: true, endOffset: log.lastStableOffset })
      const coming = log.abortedTransactions(offset, read).sort((a, b) => a.firstOffset - b.firstOffset)
      for (const at of Batch.positions(read.records)) {
        while ((coming[0]?.firstOffset ?? Number.POSITIVE_INFINITY) <= Batch.baseOffset(read.records, at)) {
          aborted.add(coming.shift()?.producerId ?? -1)
        }
        const producerId = Batch.producerId(read.records, at)
        if (Batch.isControl(read.records, at)) aborted.delete(producerId)
        else if (!aborted.has(producerId)) {
          values.push(...readBatchRecords(read.records, at).map(({ value }) => String(value)))
        }
        offset = Batch.lastOffset(read.records, at) + 1
      }
    }
    return values
  }

  #checkReaders(): void {
    const transactions = new Map(this.#transactions.map((transaction) => [transaction.id, transaction]))
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const values = this.#committedIn(partition)
      const before = this.#seen[partition] ?? []
      const goesOn = before.every((value, index) => value === values[index])
      promise(goesOn, `partition ${partition} showed ${before} and now ${values}`)
      promise(new Set(values).size === values.length, `partition ${partition} has a value twice: ${values}`)
      for (const value of values) {
        const transaction = transactions.get(value.split('.')[0] ?? '')
        const mayBeSeen = transaction?.commitRequested === true && transaction.outcome !== 'aborted'
        promise(mayBeSeen, `partition ${partition} shows ${value} of a transaction that is ${transaction?.outcome}`)
      }
      this.#seen[partition] = values
    }
  }

  async #checkEnd(): Promise<void> {
    this.#checkReaders()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { log } = this.#node.replicas.require(TOPIC, partition)
      promise(log.lastStableOffset === log.logEndOffset, `partition ${partition} has a transaction that does not end`)
    }
    const listed = await this.ask(apis.ListTransactions, 0, { stateFilters: [], producerIdFilters: [] })
    for (const { transactionalId, transactionState } of listed.transactionStates) {
      const hasEnded = ['Empty', 'CompleteCommit', 'CompleteAbort'].includes(transactionState)
      promise(hasEnded, `${transactionalId} is ${transactionState} for ever`)
    }
    const seen = new Set(this.#seen.flat())
    for (const { id, written, outcome } of this.#transactions) {
      const visible = written.filter((value) => seen.has(value)).length
      const isWhole = visible === written.length
      if (outcome === 'committed') promise(isWhole, `${id} was committed, and ${visible} of ${written} are there`)
      else if (outcome === 'unknown')
        promise(isWhole || visible === 0, `${id} is there in part: ${visible} of ${written}`)
      else promise(visible === 0, `${id} is ${outcome}, and ${visible} of ${written} are there`)
    }
    for (const client of this.#clients) await this.#checkOffset(client, seen)
  }

  /** The offset is that of the last transaction that is committed; where that cannot be known, it may be. */
  async #checkOffset({ transactionalId, group: groupId }: Client, seen: ReadonlySet<string>): Promise<void> {
    const groups = [{ groupId, topics: [{ name: TOPIC, partitionIndexes: [0] }] }]
    const answer = await this.ask(apis.OffsetFetch, 8, { groups, requireStable: true })
    const found = answer.groups[0].topics[0].partitions[0]
    promise(found.errorCode === 'NONE', `the offset of ${groupId} is ${found.errorCode} for ever`)
    const possible = [-1]
    for (const { offset, outcome, written } of this.#ofClient.get(transactionalId) ?? []) {
      if (offset === undefined) continue
      const isCommitted = outcome === 'committed' || written.some((value) => seen.has(value))
      const isUnknown = outcome === 'unknown' && written.length === 0
      if (isCommitted) possible.length = 0
      if (isCommitted || isUnknown) possible.push(offset)
    }
    const { committedOffset } = found
    promise(possible.includes(committedOffset), `${groupId} is at ${committedOffset}, and should be at ${possible}`)
  }
}
