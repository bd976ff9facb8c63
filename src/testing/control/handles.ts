// What a client of the control server has by its id: faults that it injected, states that it keeps.
import type { Fault } from '../faults.ts'
import type { Snapshot } from '../snapshots.ts'
import { NotFoundError } from './errors.ts'

interface KeptFault {
  readonly fault: Fault
  /** As it was asked for. */
  readonly what: object
}

export class Handles {
  readonly faults = new Map<string, KeptFault>()
  readonly removable = new Map<string, { remove(): void }>()
  readonly snapshots = new Map<string, Snapshot>()
  #nextId = 1

  add<T>(to: Map<string, T>, value: T): string {
    const id = String(this.#nextId++)
    to.set(id, value)
    return id
  }

  /** Throws NotFoundError. */
  remove(id: string): void {
    const kept = this.removable.get(id)
    if (kept === undefined) throw new NotFoundError(`there is no fault ${id}`)
    kept.remove()
    this.removable.delete(id)
  }

  clearFaults(): void {
    this.faults.clear()
    this.removable.clear()
  }
}
