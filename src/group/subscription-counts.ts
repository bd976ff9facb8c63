// How many members of a consumer group subscribe to what. What nobody subscribes to is not there.

export type Counts = Map<string, number>

interface CountsOf {
  get(key: string): number | undefined
  set(key: string, count: number): unknown
  delete(key: string): unknown
}

export function addTo(counts: CountsOf, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

/** The first of those that are counted most. */
export function mostCounted(counts: Iterable<readonly [string, number]>): string | undefined {
  let most: readonly [string, number] | undefined
  for (const entry of counts) if (most === undefined || entry[1] > most[1]) most = entry
  return most?.[0]
}

/** How often a topic is subscribed to. */
export interface TopicCount {
  /** By members that name it. */
  readonly byName: number
  /** By regular expressions that match it, however many members have each. */
  readonly byRegex: number
}

export class TopicCounts {
  readonly #counts: Map<string, TopicCount>

  constructor(counts: Iterable<readonly [string, TopicCount]> = []) {
    this.#counts = new Map(counts)
  }

  copy(): TopicCounts {
    return new TopicCounts(this.#counts)
  }

  has(topic: string): boolean {
    return this.#counts.has(topic)
  }

  topics(): Iterable<string> {
    return this.#counts.keys()
  }

  values(): Iterable<TopicCount> {
    return this.#counts.values()
  }

  replaceNames(old: Iterable<string> | undefined, next: Iterable<string> | undefined): void {
    if (old === next) return
    for (const topic of old ?? []) this.#add(topic, -1, 0)
    for (const topic of next ?? []) this.#add(topic, 1, 0)
  }

  addRegex(topics: Iterable<string>, by: 1 | -1): void {
    for (const topic of topics) this.#add(topic, 0, by)
  }

  #add(topic: string, byName: number, byRegex: number): void {
    const old = this.#counts.get(topic) ?? { byName: 0, byRegex: 0 }
    const count = { byName: old.byName + byName, byRegex: old.byRegex + byRegex }
    if (count.byName === 0 && count.byRegex === 0) this.#counts.delete(topic)
    else this.#counts.set(topic, count)
  }
}

/** Whether all members subscribe to the same topics: all name the same ones, or all have the same expression alone. */
export function isHomogeneous(
  regexes: Iterable<readonly [string, number]>,
  topics: TopicCounts,
  members: number,
): boolean {
  const [first] = regexes
  if (first === undefined) return every(topics, ({ byName }) => byName === members)
  const [, subscribers] = first
  return subscribers === members && every(topics, ({ byName, byRegex }) => byRegex === 1 && byName <= 0)
}

function every(topics: TopicCounts, holds: (count: TopicCount) => boolean): boolean {
  for (const count of topics.values()) if (!holds(count)) return false
  return true
}
