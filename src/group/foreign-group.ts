// A group of a kind that has no coordinator here, as another broker left it in the log. Its id is taken, its offsets are
// kept, and it can be deleted where it has no members; nothing joins it.
import { KafkaError } from '../wire/index.ts'
import type { CommitRequest, FetchIdentity, ForeignGroupType, Group } from './group.ts'
import type { ForeignRecord, GroupRecord } from './records.ts'

/** The record that makes a group one, and those of its members, by kind. */
const groupRecordTypes: Record<ForeignGroupType, number> = { share: 11, streams: 17 }
const memberRecordTypes: Record<ForeignGroupType, number> = { share: 10, streams: 19 }
/** What must be gone before what: current assignments, target assignments and their epoch, members; the group last. */
const deletionOrder = [14, 22, 13, 21, 12, 20, 10, 19, 15, 23, 11, 17]

export class ForeignGroup implements Group {
  readonly type: ForeignGroupType
  readonly groupId: string
  readonly expires: boolean
  /** The live records of the group, by their keys. */
  readonly #records = new Map<string, ForeignRecord>()

  constructor(type: ForeignGroupType, groupId: string) {
    this.type = type
    this.groupId = groupId
    this.expires = type !== 'share'
  }

  replay(record: ForeignRecord): void {
    const key = record.key.toString('latin1')
    if (record.isTombstone) this.#records.delete(key)
    else this.#records.set(key, record)
  }

  /** Whether there is a group at all, or only leftovers of one. */
  get exists(): boolean {
    return this.#has(groupRecordTypes)
  }

  get hasRecords(): boolean {
    return this.#records.size > 0
  }

  get isEmpty(): boolean {
    return !this.#has(memberRecordTypes)
  }

  get state(): string {
    return this.isEmpty ? 'Empty' : 'Stable'
  }

  get protocolType(): string {
    return this.type
  }

  validateOffsetCommit({ memberId, generationId, groupInstanceId, isTransactional }: CommitRequest): undefined {
    this.#refuseOffsets()
    const isOutside = isTransactional && generationId === -1 && memberId === '' && groupInstanceId === null
    if (isOutside || (generationId < 0 && this.isEmpty)) return undefined
    throw this.#unknownMember(memberId)
  }

  validateOffsetFetch({ memberId, memberEpoch }: FetchIdentity): void {
    this.#refuseOffsets()
    if (memberId !== null || memberEpoch >= 0) throw this.#unknownMember(memberId)
  }

  validateOffsetDelete(): void {
    this.#refuseOffsets()
  }

  validateDelete(): void {
    if (!this.isEmpty) throw new KafkaError('NON_EMPTY_GROUP')
  }

  isSubscribedToTopic(): boolean {
    return false
  }

  offsetExpirationBase(): (commitTimestamp: number) => number {
    return (commitTimestamp) => commitTimestamp
  }

  tombstones(): GroupRecord[] {
    return [...this.#records.values()]
      .sort((a, b) => deletionOrder.indexOf(a.recordType) - deletionOrder.indexOf(b.recordType))
      .map((record) => ({ ...record, isTombstone: true }))
  }

  #has(types: Record<ForeignGroupType, number>): boolean {
    for (const { recordType } of this.#records.values()) if (recordType === types[this.type]) return true
    return false
  }

  #refuseOffsets(): void {
    if (this.type === 'share') {
      throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${this.groupId} is not a consumer group.`)
    }
  }

  #unknownMember(memberId: string | null): KafkaError {
    return new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${this.groupId}.`)
  }
}
