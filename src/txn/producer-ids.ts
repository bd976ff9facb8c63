// Ids for producers, given out one by one from blocks that the controller allocates: no id is ever given twice, and
// what is left of a block is lost with a restart.
import type { ProducerIdBlock } from '../metadata/index.ts'

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>
  #nextId = 0
  #endId = 0
  #allocating: Promise<void> | undefined

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate
  }

  async next(): Promise<number> {
    while (this.#nextId >= this.#endId) await this.#nextBlock()
    return this.#nextId++
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
