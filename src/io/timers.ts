// Timers as data: one binary heap of due times, which a clock drains. Shared by the real and the fake clock.
// Setting and cancelling cost O(log n); equal due times fire in the order in which they were set.
import type { Timer } from './io.ts'

export class TimerHeap {
  readonly #heap: HeapTimer[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next timer is due, or undefined when there is none. */
  nextDue(): number | undefined {
    return this.#heap[0]?.due
  }

  add(due: number, fire: () => void): Timer {
    const timer = new HeapTimer(this, due, this.#sequence++, fire)
    timer.index = this.#heap.length
    this.#heap.push(timer)
    this.#rise(timer)
    return timer
  }

  /** Takes the next timer that is due by `now`, or undefined. */
  takeDue(now: number): HeapTimer | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.due > now) return undefined
    this.remove(first)
    return first
  }

  /** Forgets all timers. */
  clear(): void {
    for (const timer of this.#heap) timer.index = -1
    this.#heap.length = 0
  }

  remove(timer: HeapTimer): void {
    const index = timer.index
    if (index < 0) return
    timer.index = -1
    const last = this.#heap.pop() as HeapTimer
    if (last === timer) return
    this.#place(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #place(timer: HeapTimer, index: number): void {
    this.#heap[index] = timer
    timer.index = index
  }

  #rise(timer: HeapTimer): void {
    while (timer.index > 0) {
      const index = timer.index
      const parentIndex = (index - 1) >> 1
      const parent = this.#heap[parentIndex] as HeapTimer
      if (!isBefore(timer, parent)) return
      this.#place(timer, parentIndex)
      this.#place(parent, index)
    }
  }

  #sink(timer: HeapTimer): void {
    for (;;) {
      const index = timer.index
      let childIndex = 2 * index + 1
      let child = this.#heap[childIndex]
      if (child === undefined) return
      const right = this.#heap[childIndex + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        childIndex++
      }
      if (!isBefore(child, timer)) return
      this.#place(timer, childIndex)
      this.#place(child, index)
    }
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence)
}

class HeapTimer implements Timer {
  readonly due: number
  readonly sequence: number
  readonly fire: () => void
  /** Where in the heap; -1 when fired or cancelled. */
  index = -1
  readonly #heap: TimerHeap

  constructor(heap: TimerHeap, due: number, sequence: number, fire: () => void) {
    this.#heap = heap
    this.due = due
    this.sequence = sequence
    this.fire = fire
  }

  cancel(): void {
    this.#heap.remove(this)
  }
}
