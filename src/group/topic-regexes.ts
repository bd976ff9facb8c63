// The regular expressions that members of consumer groups subscribe to. They are resolved apart from the request that
// brings or needs them, all of a group together; what they stand for is recorded, so that an assignment follows from
// records alone. They are looked at again with a heartbeat, when topics were created or after a while.
import { InvalidRegularExpression, JavaHashMap, javaHashCode, Re2, type ShardTimers } from '../coordinator/index.ts'
import type { Logger } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import { type ConsumerMember, regexOf, sameNames } from './consumer-member.ts'
import { epochRecord, regexRecord, regexTombstone } from './consumer-records.ts'
import type { GroupTopics } from './group-topics.ts'
import type { Groups } from './groups.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import { type GroupRecord, type GroupResult, NOTHING } from './records.ts'
import { addTo } from './subscription-counts.ts'

/** How often those of one group are resolved at most. */
const MIN_REFRESH_INTERVAL_MS = 10_000
/** What a group knows of its topics holds until one of them changes, or for this long. */
export const METADATA_REFRESH_INTERVAL_MS = 2 ** 31 - 1

export interface RegexRooms {
  readonly groups: Groups
  readonly topics: GroupTopics
  readonly timers: ShardTimers<GroupRecord>
  readonly config: LiveGroupConfig
  readonly now: () => number
  readonly log: Logger
}

/** What became of a member's expression: nothing, another one, or another one of which the topics are known. */
export type RegexChange = 'none' | 'updated' | 'resolved'

export class TopicRegexes {
  readonly #rooms: RegexRooms
  /** Up to where the metadata log was known when topics were created last. */
  #topicsCreatedAt = -1

  constructor(rooms: RegexRooms) {
    this.#rooms = rooms
  }

  /** The shard is loaded, or topics were created. */
  topicsCreated(): void {
    this.#topicsCreatedAt = this.#rooms.topics.version
  }

  /** Throws INVALID_REGULAR_EXPRESSION. Adds the record that forgets an expression that nobody has any more. */
  update(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember, records: GroupRecord[]): RegexChange {
    const change = this.#changeOf(group, member, updated, records)
    const isNew = change === 'updated' && isNewTo(group, updated)
    if (isNew || group.subscribedRegexes.size > 0) this.#refreshIfDue(group, member, updated, isNew)
    return change
  }

  #changeOf(
    group: ConsumerGroup,
    member: ConsumerMember,
    updated: ConsumerMember,
    records: GroupRecord[],
  ): RegexChange {
    if (member.subscribedTopicRegex === updated.subscribedTopicRegex) return 'none'
    const [old, next] = [regexOf(member), regexOf(updated)]
    if (old !== undefined && group.subscribersOfRegex(old) === 1) records.push(regexTombstone(group.groupId, old))
    if (next === undefined) return old === undefined ? 'updated' : 'resolved'
    if (isNewTo(group, updated)) {
      checkRegex(next)
      return 'updated'
    }
    return group.resolvedRegexes.has(next) ? 'resolved' : 'updated'
  }

  #refreshIfDue(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember, isNew: boolean): void {
    const { timers, now, config } = this.#rooms
    const { groupId } = group
    if (timers.isScheduled(regexTimer(groupId))) return
    const [latest] = group.resolvedRegexes.values()
    const sinceRefreshMs = latest === undefined ? Number.POSITIVE_INFINITY : now() - latest.timestamp
    if (sinceRefreshMs <= MIN_REFRESH_INTERVAL_MS) return
    const isSame = member.subscribedTopicRegex === updated.subscribedTopicRegex
    const { size } = isSame ? group.subscribedRegexes : regexesAfter(group, member, updated)
    const isDue =
      isNew ||
      size !== group.resolvedRegexes.size ||
      (latest?.version ?? 0) < this.#topicsCreatedAt ||
      sinceRefreshMs > config.broker.get('group.consumer.regex.refresh.interval.ms')
    if (!isDue || size === 0) return
    const regexes = regexesAfter(group, member, updated).keys()
    timers.schedule(regexTimer(groupId), 0, () => this.#resolve(groupId, regexes))
  }

  #resolve(groupId: string, regexes: readonly string[]): GroupResult {
    const { groups, topics, now, log } = this.#rooms
    const group = groups.findConsumer(groupId)
    if (group === undefined) return NOTHING
    const records: GroupRecord[] = []
    const counts = group.subscribedTopics.copy()
    let isDifferent = false
    for (const [regex, resolved] of this.#resolveAll(regexes)) {
      if (group.subscribersOfRegex(regex) === 0) continue
      const old = group.resolvedRegexes.get(regex)?.topics ?? new Set()
      if (!sameNames(old, resolved.topics)) {
        isDifferent = true
        counts.addRegex(old, -1)
        counts.addRegex(resolved.topics, 1)
      }
      records.push(regexRecord(groupId, regex, resolved))
    }
    const metadataHash = topics.hashOf(counts.topics())
    if (isDifferent || metadataHash !== group.metadataHash) {
      const groupEpoch = group.groupEpoch + 1
      records.push(epochRecord(groupId, groupEpoch, metadataHash))
      log.info({ groupId, groupEpoch }, 'The regular expressions of a group stand for other topics')
      group.metadataRefreshedAt(groupEpoch, now() + METADATA_REFRESH_INTERVAL_MS)
    }
    return { records, response: undefined }
  }

  #resolveAll(regexes: readonly string[]): JavaHashMap<string, ResolvedRegex> {
    const { topics, now } = this.#rooms
    const timestamp = now()
    const { version } = topics
    const resolved = new JavaHashMap<string, ResolvedRegex>(javaHashCode, regexes.length)
    for (const regex of regexes) resolved.set(regex, { topics: this.#matching(regex), version, timestamp })
    return resolved
  }

  #matching(regex: string): ReadonlySet<string> {
    const names = new Set<string>()
    try {
      const expression = Re2.compile(regex)
      for (const { name } of this.#rooms.topics.all()) if (expression.matches(name)) names.add(name)
    } catch (error) {
      // It was taken by another version.
      if (!(error instanceof InvalidRegularExpression)) throw error
      this.#rooms.log.error({ regex, reason: error.message }, 'Ignored a regular expression that cannot be parsed')
    }
    return names
  }
}

/** Group ids and this suffix make no name of any other timer: those begin with their kind. */
function regexTimer(groupId: string): string {
  return `regex-${groupId}`
}

function isNewTo(group: ConsumerGroup, updated: ConsumerMember): boolean {
  const regex = regexOf(updated)
  return regex !== undefined && group.subscribersOfRegex(regex) === 0
}

function checkRegex(regex: string): void {
  try {
    Re2.compile(regex)
  } catch (error) {
    if (!(error instanceof InvalidRegularExpression)) throw error
    throw new KafkaError(
      'INVALID_REGULAR_EXPRESSION',
      `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${error.description}.`,
    )
  }
}

/** How many members have which expression once this one is as it will be. */
export function regexesAfter(
  { subscribedRegexes }: ConsumerGroup,
  before: ConsumerMember,
  after: ConsumerMember,
): JavaHashMap<string, number> {
  const counts = JavaHashMap.copyOf(subscribedRegexes, javaHashCode)
  const [old, next] = [regexOf(before), regexOf(after)]
  if (old === next) return counts
  if (old !== undefined && counts.has(old)) addTo(counts, old, -1)
  if (next !== undefined) counts.set(next, counts.computeIfAbsent(next, () => 0) + 1)
  return counts
}
