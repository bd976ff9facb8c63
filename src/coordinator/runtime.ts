// What the coordinators share: shards that are state machines over a partition of an internal topic.
// An operation looks at a shard and says which records change it, and what to answer; the runtime replays the records
// into the shard, appends them, and lets the answer go when they are written. Loading a shard is the same replay.
// Where an append fails, the shard may know more than its log: it is dropped and loaded again.
import type { Clock, Logger, Timer } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { CoordinatorStorage, EncodedRecord, StoredRecord, TransactionEnd } from './storage.ts'

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
  /** Called in the order of the appends when the records are written, before the answer goes. */
  readonly onWritten?: () => void
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
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/** An append that is not written yet, and who waits for it. */
interface PendingAppend {
  readonly onWritten: (() => void) | undefined
  readonly waiters: Waiter[]
}

interface Context<S> {
  readonly partition: number
  state: 'loading' | 'active' | 'failed'
  readonly shard: S
  readonly timers: Map<string, Timer>
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
      if (this.#contexts.get(partition) !== context) return
      context.nextOffset = nextOffset
      context.state = 'active'
      context.shard.onLoaded()
      log.debug({ coordinator: name, partition, nextOffset }, 'Loaded the shard of a coordinator')
    } catch (error) {
      if (this.#contexts.get(partition) === context) context.state = 'failed'
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

  /** Runs an operation in this turn; its answer comes when what it wrote, and all that it saw, is written. */
  write<T>(partition: number, operation: (shard: S) => CoordinatorResult<R, T>): Promise<T> {
    try {
      const context = this.#active(partition)
      return this.#commit(context, operation(context.shard))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Looks at a shard in this turn; the answer comes when all that it saw is written. */
  read<T>(partition: number, view: (shard: S) => T): Promise<T> {
    return this.write(partition, (shard) => ({ records: [], response: view(shard) }))
  }

  /** Looks at every shard that is led here. */
  readAll<T>(view: (shard: S) => T): Promise<T[]> {
    const led = [...this.#contexts.values()].filter(({ state }) => state !== 'failed')
    return Promise.all(led.map(({ partition }) => this.read(partition, view)))
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

  #makeContext(partition: number): Context<S> {
    const timers = new Map<string, Timer>()
    const shard = this.#rooms.makeShard(partition, {
      schedule: (name, delayMs, operation) => {
        timers.get(name)?.cancel()
        timers.set(
          name,
          this.#rooms.clock.setTimer(delayMs, () => {
            timers.delete(name)
            this.#runTimer(context, name, operation)
          }),
        )
      },
      cancel: (name) => {
        timers.get(name)?.cancel()
        timers.delete(name)
      },
    })
    const context: Context<S> = { partition, state: 'loading', shard, timers, pending: [], nextOffset: 0 }
    return context
  }

  #runTimer(context: Context<S>, name: string, operation: () => CoordinatorResult<R, void>): void {
    this.write(context.partition, operation).catch((error: unknown) =>
      this.#rooms.log.error({ partition: context.partition, timer: name, err: error }, "A coordinator's timer failed"),
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

  #commit<T>(context: Context<S>, result: CoordinatorResult<R, T>): Promise<T> {
    if (result.records.length > 0) this.#append(context, result)
    const last = context.pending.at(-1)
    if (last === undefined) return Promise.resolve(result.response)
    return new Promise((resolve, reject) => {
      last.waiters.push({ resolve: () => resolve(result.response), reject })
    })
  }

  #append(context: Context<S>, result: CoordinatorResult<R, unknown>): void {
    const { codec, storage } = this.#rooms
    const append: PendingAppend = { onWritten: result.onWritten, waiters: [] }
    try {
      const encoded = result.records.map((record) => codec.encode(record))
      if (!result.applied) this.#replay(context, result.records)
      context.pending.push(append)
      context.nextOffset += encoded.length
      storage.append(context.partition, encoded).then(
        () => this.#written(context, append),
        (error: unknown) => this.#failed(context, error),
      )
    } catch (error) {
      // A bug: the state may be half changed.
      this.#failed(context, error)
      throw error
    }
  }

  #replay(context: Context<S>, records: readonly R[]): void {
    let offset = context.nextOffset
    for (const record of records) context.shard.replay(record, { offset: offset++, producerId: NO_PRODUCER_ID })
  }

  /** Appends to a partition are written in their order, so this one is the first that is pending. */
  #written(context: Context<S>, append: PendingAppend): void {
    if (this.#contexts.get(context.partition) !== context) return
    context.pending.shift()
    append.onWritten?.()
    for (const waiter of append.waiters) waiter.resolve()
  }

  #failed(context: Context<S>, error: unknown): void {
    if (this.#contexts.get(context.partition) !== context) return
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
    for (const { waiters } of context.pending.splice(0)) for (const waiter of waiters) waiter.reject(error)
  }
}
