// What the coordinators share: shards that are state machines over a partition of an internal topic.
// An operation looks at a shard and says which records change it, and what to answer; the runtime replays the records
// into the shard, appends them, and lets the answer go when they are written. Loading a shard is the same replay.
// What the operations of one turn write goes to the log as one batch at its end.
// Where an append fails, the shard may know more than its log: it is dropped and loaded again.
import type { Clock, Logger, Timer } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import {
  type CoordinatorStorage,
  type EncodedRecord,
  type StoredRecord,
  sizeInBatch,
  type TransactionEnd,
  type TransactionMarker,
  type TransactionOwner,
} from './storage.ts'

/** Where a record stands in the log, and whose transaction it belongs to (-1 for none). */
export interface LogPosition {
  readonly offset: number
  readonly producerId: number
}

export interface CoordinatorShard<R> {
  replay(record: R, position: LogPosition): void
  replayTransactionEnd(end: TransactionEnd): void
  /** All of the log was replayed: start the timers that follow from the state. */
  onLoaded(): void
  /** The shard is gone: answer whoever waits in it. It may not change anything any more. */
  onUnloaded(): void
}

export interface CoordinatorResult<R, T> {
  readonly records: readonly R[]
  readonly response: T
  /** The state has what the records say already, so they are written but not replayed. */
  readonly applied?: true
  /** Records that need not stand or fall together: where they are too many for one batch, they go in several. */
  readonly divisible?: true
  /** Called in the order of the appends when the records are written, before the answer goes. */
  readonly onWritten?: () => void
  /**
   * Called where the log refused the records, before the answer does: for state that has them already. Without it, such
   * a shard is dropped and loaded again.
   */
  readonly onRefused?: (error: KafkaError) => void
}

export interface CoordinatorCodec<R> {
  encode(record: R): EncodedRecord
  /** Undefined for a type of record that this version does not know; throws where the bytes make no sense. */
  decode(key: Buffer, value: Buffer | null): R | undefined
}

/** Timers by name. What they run is an operation on the shard like any other. */
export interface ShardTimers<R> {
  /** Replaces the timer of that name. */
  schedule(name: string, delayMs: number, operation: () => CoordinatorResult<R, void>): void
  cancel(name: string): void
  isScheduled(name: string): boolean
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/** An append that is not written yet, and who waits for it. */
interface PendingAppend {
  readonly onWritten: (() => void)[]
  readonly waiters: Waiter[]
}

/** The records of this turn, replayed and not yet appended. */
interface OpenBatch extends PendingAppend {
  readonly records: EncodedRecord[]
  sizeInBytes: number
}

interface Context<S> {
  readonly partition: number
  state: 'loading' | 'active' | 'failed'
  readonly shard: S
  readonly timers: Map<string, Timer>
  open: OpenBatch | undefined
  readonly pending: PendingAppend[]
  /** The offset that the next record will have. */
  nextOffset: number
}

export interface RuntimeRooms<S, R> {
  readonly name: string
  readonly storage: CoordinatorStorage
  readonly codec: CoordinatorCodec<R>
  readonly clock: Clock
  readonly log: Logger
  readonly makeShard: (partition: number, timers: ShardTimers<R>) => S
}

const NO_PRODUCER_ID = -1

export class CoordinatorRuntime<S extends CoordinatorShard<R>, R> {
  readonly #rooms: RuntimeRooms<S, R>
  readonly #contexts = new Map<number, Context<S>>()

  constructor(rooms: RuntimeRooms<S, R>) {
    this.#rooms = rooms
  }

  /** This broker leads the partition now: loads its shard, unless it is there. Never rejects. */
  async load(partition: number): Promise<void> {
    const { storage, log, name } = this.#rooms
    const known = this.#contexts.get(partition)
    if (known !== undefined && known.state !== 'failed') return
    const context = this.#makeContext(partition)
    this.#contexts.set(partition, context)
    try {
      const nextOffset = await storage.load(partition, {
        record: (record) => this.#replayStored(context, record),
        transactionEnd: (end) => context.shard.replayTransactionEnd(end),
      })
      // Unloaded, or closed, while it was read.
      if (!this.#isCurrent(context)) return
      context.nextOffset = nextOffset
      context.state = 'active'
      context.shard.onLoaded()
      log.debug({ coordinator: name, partition, nextOffset }, 'Loaded the shard of a coordinator')
    } catch (error) {
      if (this.#isCurrent(context)) context.state = 'failed'
      log.error({ coordinator: name, partition, err: error }, 'Could not load the shard of a coordinator')
    }
  }

  /** This broker no longer leads the partition. */
  unload(partition: number): void {
    const context = this.#contexts.get(partition)
    if (context !== undefined) this.#close(context, new KafkaError('NOT_COORDINATOR'))
  }

  close(): void {
    for (const partition of [...this.#contexts.keys()]) this.unload(partition)
  }

  /** The partitions with a shard, whatever its state. */
  partitions(): Iterable<number> {
    return this.#contexts.keys()
  }

  /** Runs an operation in this turn; its answer comes when what it wrote, and all that it saw, is written. */
  write<T>(partition: number, operation: (shard: S) => CoordinatorResult<R, T>): Promise<T> {
    return this.#run(partition, (context) => {
      const result = operation(context.shard)
      if (result.records.length > 0) this.#add(context, result)
      return result.response
    })
  }

  /** As `write`; the records belong to a producer's transaction, and take effect when that is committed. */
  writeTransactional<T>(
    partition: number,
    transaction: TransactionOwner,
    operation: (shard: S) => CoordinatorResult<R, T>,
  ): Promise<T> {
    return this.#run(partition, (context) => {
      const result = operation(context.shard)
      if (result.records.length > 0) this.#appendNow(context, result, this.#encode(result), transaction)
      return result.response
    })
  }

  /** Ends a producer's transaction in this partition; resolves when its marker is written. */
  completeTransaction(partition: number, marker: TransactionMarker): Promise<void> {
    return this.#run(partition, (context) => {
      this.#flush(context)
      const append: PendingAppend = { onWritten: [], waiters: [] }
      const written = this.#rooms.storage.appendMarker(partition, marker)
      this.#await(context, append, written)
      const { producerId, producerEpoch, committed } = marker
      const end = { offset: context.nextOffset++, producerId, producerEpoch, committed }
      this.#replayOrFail(context, () => context.shard.replayTransactionEnd(end))
    })
  }

  /** Looks at a shard in this turn; the answer comes when all that it saw is written. */
  read<T>(partition: number, view: (shard: S) => T): Promise<T> {
    return this.#run(partition, ({ shard }) => view(shard))
  }

  /** Looks at every shard, those that are loading included, whose promises reject. */
  readAll<T>(view: (shard: S) => T): Promise<T>[] {
    return Array.from(this.#contexts.keys(), (partition) => this.read(partition, view))
  }

  /** Tells every active shard of something that is no record of its own. */
  tellAll(tell: (shard: S) => void): void {
    for (const { state, shard } of this.#contexts.values()) if (state === 'active') tell(shard)
  }

  /** Runs an operation on every active shard. One that fails is logged and hinders no other. */
  async writeAll(name: string, operation: (shard: S) => CoordinatorResult<R, void>): Promise<void> {
    const active = [...this.#contexts.values()].filter(({ state }) => state === 'active')
    await Promise.all(
      active.map(({ partition }) =>
        this.write(partition, operation).catch((error: unknown) =>
          this.#rooms.log.error({ partition, err: error }, `Could not ${name}`),
        ),
      ),
    )
  }

  #isCurrent(context: Context<S>): boolean {
    return this.#contexts.get(context.partition) === context
  }

  #makeContext(partition: number): Context<S> {
    const timers = new Map<string, Timer>()
    const shard = this.#rooms.makeShard(partition, {
      schedule: (name, delayMs, operation) => {
        timers.get(name)?.cancel()
        timers.set(
          name,
          this.#rooms.clock.setTimer(delayMs, () => {
            timers.delete(name)
            this.#runTimer(partition, name, operation)
          }),
        )
      },
      cancel: (name) => {
        timers.get(name)?.cancel()
        timers.delete(name)
      },
      isScheduled: (name) => timers.has(name),
    })
    return { partition, state: 'loading', shard, timers, open: undefined, pending: [], nextOffset: 0 }
  }

  #runTimer(partition: number, name: string, operation: () => CoordinatorResult<R, void>): void {
    this.write(partition, operation).catch((error: unknown) =>
      this.#rooms.log.error({ partition, timer: name, err: error }, "A coordinator's timer failed"),
    )
  }

  #active(partition: number): Context<S> {
    const context = this.#contexts.get(partition)
    if (context?.state === 'active') return context
    throw new KafkaError(context?.state === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR')
  }

  #replayStored(context: Context<S>, { key, value, offset, producerId }: StoredRecord): void {
    if (key === null) throw new KafkaError('UNKNOWN_SERVER_ERROR', `The record at offset ${offset} has no key`)
    const record = this.#rooms.codec.decode(key, value)
    if (record !== undefined) context.shard.replay(record, { offset, producerId })
    else {
      const { partition } = context
      this.#rooms.log.warn({ partition, offset, type: key.readInt16BE(0) }, 'Ignored a record of an unknown type')
    }
  }

  /** The answer comes when all that is replayed by now is written, whoever wrote it. */
  #run<T>(partition: number, operation: (context: Context<S>) => T): Promise<T> {
    try {
      const context = this.#active(partition)
      const response = operation(context)
      const last = context.open ?? context.pending.at(-1)
      if (last === undefined) return Promise.resolve(response)
      return new Promise((resolve, reject) => {
        last.waiters.push({ resolve: () => resolve(response), reject })
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #add(context: Context<S>, result: CoordinatorResult<R, unknown>): void {
    const encoded = this.#encode(result)
    if (sizeInBatch(encoded) <= this.#rooms.storage.batchCapacity) this.#join(context, result, encoded)
    else if (result.divisible) this.#joinOneByOne(context, result, encoded)
    else this.#appendNow(context, result, encoded)
  }

  #encode({ records }: CoordinatorResult<R, unknown>): EncodedRecord[] {
    return records.map((record) => this.#rooms.codec.encode(record))
  }

  /** Replays the records and puts them into this turn's batch. */
  #join(context: Context<S>, result: CoordinatorResult<R, unknown>, encoded: readonly EncodedRecord[]): void {
    const size = sizeInBatch(encoded)
    const { open } = context
    if (open !== undefined && open.sizeInBytes + size > this.#rooms.storage.batchCapacity) this.#flush(context)
    const batch = context.open ?? this.#openBatch(context)
    batch.records.push(...encoded)
    batch.sizeInBytes += size
    if (result.onWritten !== undefined) batch.onWritten.push(result.onWritten)
    this.#replay(context, result)
  }

  #joinOneByOne(context: Context<S>, result: CoordinatorResult<R, unknown>, encoded: readonly EncodedRecord[]): void {
    const { records, applied, onWritten } = result
    for (const [index, record] of records.entries()) {
      const last = index === records.length - 1
      const one = { records: [record], response: undefined, applied, ...(last && { onWritten }) }
      this.#join(context, one, encoded.slice(index, index + 1))
    }
  }

  #openBatch(context: Context<S>): OpenBatch {
    const batch: OpenBatch = { records: [], sizeInBytes: 0, onWritten: [], waiters: [] }
    context.open = batch
    this.#rooms.clock.atEndOfTurn(() => {
      try {
        if (context.open === batch) this.#flush(context)
      } catch {
        // Logged, and told to those who wait.
      }
    })
    return batch
  }

  /** Appends what this turn has gathered so far. Throws where the log refuses it, and the shard is gone. */
  #flush(context: Context<S>): void {
    const { open } = context
    if (open === undefined) return
    context.open = undefined
    try {
      this.#await(context, open, this.#rooms.storage.append(context.partition, open.records))
    } catch (error) {
      // It was replayed already.
      context.pending.push(open)
      this.#fail(context, error)
      throw error
    }
  }

  /** Appends the records as a batch of their own, and replays them only where the log takes them. */
  #appendNow(
    context: Context<S>,
    result: CoordinatorResult<R, unknown>,
    encoded: readonly EncodedRecord[],
    transaction?: TransactionOwner,
  ): void {
    this.#flush(context)
    const append: PendingAppend = { onWritten: result.onWritten === undefined ? [] : [result.onWritten], waiters: [] }
    let written: Promise<void>
    try {
      written = this.#rooms.storage.append(context.partition, encoded, transaction)
    } catch (error) {
      if (error instanceof KafkaError && result.onRefused !== undefined) result.onRefused(error)
      else if (result.applied) this.#fail(context, error)
      throw error
    }
    this.#await(context, append, written)
    this.#replay(context, result, transaction?.producerId)
  }

  #await(context: Context<S>, append: PendingAppend, written: Promise<void>): void {
    context.pending.push(append)
    written.then(() => this.#written(context, append)).catch((error: unknown) => this.#fail(context, error))
  }

  #replay(context: Context<S>, result: CoordinatorResult<R, unknown>, producerId = NO_PRODUCER_ID): void {
    const { records, applied } = result
    const firstOffset = context.nextOffset
    context.nextOffset += records.length
    if (applied) return
    this.#replayOrFail(context, () => {
      for (const [index, record] of records.entries()) {
        context.shard.replay(record, { offset: firstOffset + index, producerId })
      }
    })
  }

  /** A replay that throws is a bug: the state may be half changed. */
  #replayOrFail(context: Context<S>, replay: () => void): void {
    try {
      replay()
    } catch (error) {
      this.#fail(context, error)
      throw error
    }
  }

  /** Appends to a partition are written in their order, so this one is the first that is pending. */
  #written(context: Context<S>, append: PendingAppend): void {
    if (!this.#isCurrent(context)) return
    context.pending.shift()
    for (const onWritten of append.onWritten) onWritten()
    for (const waiter of append.waiters) waiter.resolve()
  }

  #fail(context: Context<S>, error: unknown): void {
    if (!this.#isCurrent(context)) return
    const { log, name } = this.#rooms
    log.error(
      { coordinator: name, partition: context.partition, err: error },
      'Could not write; loading the shard again',
    )
    this.#close(context, error)
    void this.load(context.partition)
  }

  #close(context: Context<S>, error: unknown): void {
    this.#contexts.delete(context.partition)
    for (const timer of context.timers.values()) timer.cancel()
    context.timers.clear()
    if (context.state === 'active') context.shard.onUnloaded()
    const waiting = context.open === undefined ? context.pending : [...context.pending, context.open]
    context.open = undefined
    for (const { waiters } of waiting.splice(0)) for (const waiter of waiters) waiter.reject(error)
  }
}
