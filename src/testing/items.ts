// Requests and responses as what they are about: topics, partitions, groups, transactional ids. Goes by the names that
// Kafka's schemas have for them, so that no API is left out; knows nothing of what a request means.

/** What a part of a message is about; undefined where it does not say. */
export interface Subject {
  readonly topic?: string
  readonly partition?: number
  readonly group?: string
  readonly transactionalId?: string
}

export type Fields = Readonly<Record<string, unknown>>
type TopicNames = (topicId: string) => string | undefined

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const TOPIC_RESOURCE = 2
const TRANSACTION_KEY = 1
/** The arrays whose elements are topics though they have no partitions. */
const topicLists = new Set(['topics', 'topicNames', 'topicData', 'responses', 'results'])
const partitionLists = new Set([
  'partitions',
  'partitionIndexes',
  'partitionIds',
  'partitionData',
  'partitionResponses',
])
const groupLists = new Set(['groups', 'groupsNames', 'groupIds'])
const transactionLists = new Set(['transactionalIds', 'transactions'])
/** What tells one element of an array from another. */
const identities = [
  'name',
  'topic',
  'topicName',
  'topicId',
  'partition',
  'partitionIndex',
  'index',
  'groupId',
  'group',
  'transactionalId',
  'key',
  'resourceType',
  'resourceName',
  'logDir',
  'memberId',
  'producerId',
]

/** Reads what messages are about. */
export class Items {
  readonly #topicOf: TopicNames
  readonly #api: string

  constructor(api: string, topicOf: TopicNames) {
    this.#api = api
    this.#topicOf = topicOf
  }

  /** What of the message is about the subject, and what is not; undefined where there is nothing of that kind. */
  split(message: Fields, wanted: Subject): { matching: Fields | undefined; others: Fields | undefined } {
    const { matching, others } = this.#split('', message, {}, wanted)
    return { matching: matching as Fields | undefined, others: others as Fields | undefined }
  }

  /** Whether anything in the message is about the subject. */
  mentions(message: Fields, wanted: Subject): boolean {
    return this.split(message, wanted).matching !== undefined
  }

  /** Replaces every part of the message that is about the subject. Returns how many there were. */
  replace(message: Fields, wanted: Subject, by: (part: Fields) => Fields): { message: Fields; count: number } {
    let count = 0
    const visit = (list: string, node: unknown, known: Subject): unknown => {
      const subject = this.#subjectOf(list, node, known)
      const verdict = judge(subject, wanted)
      if (verdict === 'other' || !isFields(node)) return node
      if (verdict === 'wanted' && !hasItems(node)) {
        count++
        return by(node)
      }
      return mapArrays(node, (name, elements) => elements.map((element) => visit(name, element, subject)))
    }
    return { message: visit('', message, {}) as Fields, count }
  }

  #split(list: string, node: unknown, known: Subject, wanted: Subject): { matching: unknown; others: unknown } {
    const subject = this.#subjectOf(list, node, known)
    const verdict = judge(subject, wanted)
    if (verdict === 'wanted') return { matching: node, others: undefined }
    if (verdict === 'other' || !isFields(node)) return { matching: undefined, others: node }
    let matches = false
    let rests = false
    const part = (side: 'matching' | 'others'): Fields =>
      mapArrays(node, (name, elements) =>
        elements.flatMap((element) => {
          const split = this.#split(name, element, subject, wanted)
          if (split.matching !== undefined) matches = true
          if (split.others !== undefined) rests = true
          return split[side] === undefined ? [] : [split[side]]
        }),
      )
    const matching = part('matching')
    const others = part('others')
    if (!matches) return { matching: undefined, others: node }
    return { matching, others: rests ? others : undefined }
  }

  /** What is known on the way to this part, and what the part itself says. */
  #subjectOf(list: string, node: unknown, known: Subject): Subject {
    if (typeof node === 'string') {
      if (list === 'topicNames') return { ...known, topic: node }
      if (groupLists.has(list)) return { ...known, group: node }
      if (transactionLists.has(list)) return { ...known, transactionalId: node }
      return known
    }
    if (typeof node === 'number') return partitionLists.has(list) ? { ...known, partition: node } : known
    if (!isFields(node)) return known
    const topic = this.#topicIn(list, node)
    const partition = partitionIn(list, node)
    const group = textIn(node, 'groupId') ?? textIn(node, 'group')
    const transactionalId = textIn(node, 'transactionalId')
    return {
      ...known,
      ...(topic !== undefined && { topic }),
      ...(partition !== undefined && { partition }),
      ...(group !== undefined && { group }),
      ...(transactionalId !== undefined && { transactionalId }),
      ...this.#coordinatorKey(node),
    }
  }

  #topicIn(list: string, node: Fields): string | undefined {
    const named = textIn(node, 'topic') ?? textIn(node, 'topicName')
    if (named !== undefined && named !== '') return named
    const { topicId, name, resourceType, resourceName } = node
    if (typeof topicId === 'string' && topicId !== NO_ID) {
      const found = this.#topicOf(topicId)
      if (found !== undefined) return found
    }
    if (resourceType === TOPIC_RESOURCE && typeof resourceName === 'string') return resourceName
    const isTopic = topicLists.has(list) || Object.keys(node).some((key) => partitionLists.has(key))
    return isTopic && typeof name === 'string' && name !== '' ? name : undefined
  }

  /** FindCoordinator asks for one key, or answers for each. */
  #coordinatorKey(node: Fields): Subject {
    if (this.#api !== 'FindCoordinator' || typeof node.key !== 'string' || node.key === '') return {}
    return node.keyType === TRANSACTION_KEY ? { transactionalId: node.key } : { group: node.key }
  }
}

function textIn(node: Fields, key: string): string | undefined {
  const value = node[key]
  return typeof value === 'string' ? value : undefined
}

function partitionIn(list: string, node: Fields): number | undefined {
  const value = node.partitionIndex ?? node.partition ?? (partitionLists.has(list) ? node.index : undefined)
  return typeof value === 'number' ? value : undefined
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function hasItems(node: Fields): boolean {
  return Object.entries(node).some(([name, value]) => Array.isArray(value) && value.length > 0 && isItemList(name))
}

function isItemList(name: string): boolean {
  return [topicLists, partitionLists, groupLists, transactionLists].some((lists) => lists.has(name))
}

function mapArrays(node: Fields, map: (name: string, elements: readonly unknown[]) => unknown[]): Fields {
  const copy: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(node)) copy[name] = Array.isArray(value) ? map(name, value) : value
  return copy
}

function judge(subject: Subject, wanted: Subject): 'wanted' | 'other' | 'open' {
  let isOpen = false
  for (const key of ['topic', 'partition', 'group', 'transactionalId'] as const) {
    if (wanted[key] === undefined) continue
    if (subject[key] === undefined) isOpen = true
    else if (subject[key] !== wanted[key]) return 'other'
  }
  return isOpen ? 'open' : 'wanted'
}

/** Puts what one response says into another one of the same kind: what both tell of stands there once. */
export function merge(into: Fields, from: Fields): Fields {
  const merged: Record<string, unknown> = { ...into }
  for (const [name, value] of Object.entries(from)) {
    if (!Array.isArray(value)) continue
    const elements = Array.isArray(merged[name]) ? [...(merged[name] as unknown[])] : []
    for (const element of value) {
      const at = elements.findIndex((known) => isSame(known, element))
      if (at < 0) elements.push(element)
      else if (isFields(element)) elements[at] = merge(elements[at] as Fields, element)
    }
    merged[name] = elements
  }
  return merged
}

function isSame(a: unknown, b: unknown): boolean {
  if (!isFields(a) || !isFields(b)) return a === b
  const named = identities.filter((key) => a[key] !== undefined && b[key] !== undefined)
  return named.length > 0 && named.every((key) => a[key] === b[key])
}
