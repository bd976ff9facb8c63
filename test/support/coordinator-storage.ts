// What unit tests of coordinators share: a log in memory that a test may hold back, fail or read.
import type {
  CoordinatorStorage,
  EncodedRecord,
  LogVisitor,
  StoredRecord,
  TransactionMarker,
  TransactionOwner,
} from '../../src/coordinator/index.ts'
import { KafkaError } from '../../src/wire/index.ts'

interface Marker extends TransactionMarker {
  readonly offset: number
}

type Entry = StoredRecord | Marker

/** Resolves after everything that this turn of the loop, and the ends of turns and promises it leads to, brings. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

export class MemoryStorage implements CoordinatorStorage {
  batchCapacity = 1_000_000
  readonly #partitions = new Map<number, Entry[]>()
  /** How many records each append had. */
  readonly batches: number[] = []
  /** Thrown by the next append. */
  refusal: KafkaError | undefined
  /** Rejects the next append, of which the log keeps nothing. */
  failure: KafkaError | undefined
  #held: (() => void)[] | undefined

  /** From now on nothing is written until `release`. */
  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const write of held) write()
  }

  append(partition: number, records: readonly EncodedRecord[], transaction?: TransactionOwner): Promise<void> {
    const { producerId, producerEpoch } = transaction ?? { producerId: -1, producerEpoch: -1 }
    this.batches.push(records.length)
    return this.#write(partition, (offset) =>
      records.map((record, index) => ({ ...record, offset: offset + index, producerId, producerEpoch })),
    )
  }

  appendMarker(partition: number, marker: TransactionMarker): Promise<void> {
    return this.#write(partition, (offset) => [{ ...marker, offset }])
  }

  load(partition: number, visitor: LogVisitor): Promise<number> {
    const entries = this.entries(partition)
    for (const entry of entries) {
      if ('key' in entry) visitor.record(entry)
      else visitor.transactionEnd(entry)
    }
    return Promise.resolve(entries.length)
  }

  entries(partition: number): Entry[] {
    const entries = this.#partitions.get(partition) ?? []
    this.#partitions.set(partition, entries)
    return entries
  }

  #write(partition: number, entriesAt: (offset: number) => Entry[]): Promise<void> {
    const { refusal, failure } = this
    this.refusal = undefined
    this.failure = undefined
    if (refusal !== undefined) throw refusal
    if (failure !== undefined) return Promise.reject(failure)
    const entries = this.entries(partition)
    entries.push(...entriesAt(entries.length))
    const held = this.#held
    return held === undefined ? Promise.resolve() : new Promise((resolve) => held.push(resolve))
  }
}

/** The code that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof KafkaError) return error.codeName
    throw error
  }
  return 'NONE'
}
