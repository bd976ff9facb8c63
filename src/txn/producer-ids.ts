// Ids for producers, given out one by one from blocks that the controller allocates: no id is ever given twice, and
// what is left of a block is lost with a restart.
import type { ProducerIdBlock } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>
  #nextId = 0
  #endId = 0
  #allocating: Promise<void> | undefined

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate
  }

  async next(): Promise<number> {
    return this.withOne(() => this.take())
  }

  /** Runs something as soon as `take` has an id to give it, should it need one. */
  async withOne<T>(run: () => T): Promise<Awaited<T>> {
    while (!this.#isAvailable) await this.#nextBlock()
    return await run()
  }

  /** One id, at once. Throws COORDINATOR_LOAD_IN_PROGRESS, and sees to it that there are some later, where there is none. */
  take(): number {
    if (this.#isAvailable) return this.#nextId++
    this.#nextBlock().catch(() => undefined)
    throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS')
  }

  get #isAvailable(): boolean {
    return this.#nextId < this.#endId
  }

  /** One allocation for all who wait. */
  #nextBlock(): Promise<void> {
    this.#allocating ??= this.#allocate()
      .then(({ firstId, count }) => {
        this.#nextId = firstId
        this.#endId = firstId + count
      })
      .finally(() => {
        this.#allocating = undefined
      })
    return this.#allocating
  }
}
