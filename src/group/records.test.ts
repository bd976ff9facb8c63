// The records of __consumer_offsets against bytes that Kafka 4.3.1 wrote.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../test/support/group-shards.ts'
import { DecodeError } from '../wire/index.ts'
import { type GroupRecord, groupRecordCodec } from './records.ts'

const SUBSCRIPTION = '000000000001000174ffffffff'
const MEMBER_ID = 'ia-591cb5d4-af96-46c8-a7a2-6d8c4809a43b'
const hexOf = (text: string) => Buffer.from(text).toString('hex')

const written: { name: string; key: string; value: string | null; record: GroupRecord }[] = [
  {
    name: 'an empty group',
    key: '0002000d672d7374617469635374617973',
    value: '0003000000000000ffffffff000001a20fa9978800000000',
    record: {
      type: 'GroupMetadata',
      key: { group: 'g-staticStays' },
      value: {
        protocolType: '',
        generation: 0,
        protocol: null,
        leader: null,
        currentStateTimestamp: 1795559102344,
        members: [],
      },
    },
  },
  {
    name: 'a generation with a static member',
    key: '0002000d672d7374617469635374617973',
    value:
      `00030008636f6e73756d657200000001000572616e67650027${hexOf(MEMBER_ID)}000001a20fa998b500000001` +
      `0027${hexOf(MEMBER_ID)}00026961000161000a2f3132372e302e302e31000001f400002328` +
      `0000000d${SUBSCRIPTION}000000026161`,
    record: {
      type: 'GroupMetadata',
      key: { group: 'g-staticStays' },
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader: MEMBER_ID,
        currentStateTimestamp: 1795559102645,
        members: [
          {
            memberId: MEMBER_ID,
            groupInstanceId: 'ia',
            clientId: 'a',
            clientHost: '/127.0.0.1',
            rebalanceTimeout: 500,
            sessionTimeout: 9000,
            subscription: Buffer.from(SUBSCRIPTION, 'hex'),
            assignment: Buffer.from('aa'),
          },
        ],
      },
    },
  },
  {
    name: 'a deleted group',
    key: '00020008672d657870697279',
    value: null,
    record: { type: 'GroupMetadata', key: { group: 'g-expiry' }, value: null },
  },
  {
    name: 'a committed offset',
    key: '00010009672d6578706972796b0007746f7069632d6100000000',
    value: '00040000000000000007ffffffff0278000001a20fa9a15a0100102fd7026c8b874e279e2ccf9393fd3e9c',
    record: {
      type: 'OffsetCommit',
      key: { group: 'g-expiryk', topic: 'topic-a', partition: 0 },
      value: {
        offset: 7,
        leaderEpoch: -1,
        metadata: 'x',
        commitTimestamp: 1795559104858,
        expireTimestamp: -1,
        topicId: 'L9cCbIuHTieeLM-Tk_0-nA',
      },
    },
  },
  {
    name: 'a committed offset with a retention time of its own',
    key: '00010008672d6578706972790007746f7069632d6100000000',
    value: '00010000000000000007000178000001a20fa9a158000001a20fa9a1bc',
    record: {
      type: 'OffsetCommit',
      key: { group: 'g-expiry', topic: 'topic-a', partition: 0 },
      value: {
        offset: 7,
        leaderEpoch: -1,
        metadata: 'x',
        commitTimestamp: 1795559104856,
        expireTimestamp: 1795559104956,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      },
    },
  },
  {
    name: 'a deleted offset',
    key: '00010008672d6578706972790007746f7069632d6100000000',
    value: null,
    record: { type: 'OffsetCommit', key: { group: 'g-expiry', topic: 'topic-a', partition: 0 }, value: null },
  },
]

/** Keys and values in base64. */
function* recordsOfHistories(): Generator<readonly [string, string | null]> {
  const file = new URL('../../test/facts/kafka-group-histories.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  for (const line of lines.slice(0, 10)) {
    const { steps } = JSON.parse(line) as { steps: [object, Outcome][] }
    for (const [, { records }] of steps) yield* records
  }
}

describe('the records of groups', () => {
  test.each(written)('are the bytes that Kafka writes, and are read from them: $name', ({ key, value, record }) => {
    const encoded = groupRecordCodec.encode(record)
    expect(encoded.key.toString('hex')).toBe(key)
    expect(encoded.value?.toString('hex') ?? null).toBe(value)
    const valueBytes = value === null ? null : Buffer.from(value, 'hex')
    expect(groupRecordCodec.decode(Buffer.from(key, 'hex'), valueBytes)).toEqual(record)
  })

  test('of a type that is not known are told apart from those that make no sense', () => {
    expect(groupRecordCodec.decode(Buffer.from('7fff0001', 'hex'), null)).toBeUndefined()
    expect(() => groupRecordCodec.decode(Buffer.from('00', 'hex'), null)).toThrow(DecodeError)
    const key = Buffer.from('00020008672d657870697279', 'hex')
    expect(() => groupRecordCodec.decode(key, Buffer.from('0009', 'hex'))).toThrow('Unknown version 9')
  })

  test('of consumer groups are read and written without a loss, over all that Kafka wrote in random lives of groups', () => {
    const keys = new Set<number>()
    for (const [key, value] of recordsOfHistories()) {
      const [keyBytes, valueBytes] = [Buffer.from(key, 'base64'), value === null ? null : Buffer.from(value, 'base64')]
      keys.add(keyBytes.readInt16BE(0))
      const record = groupRecordCodec.decode(keyBytes, valueBytes)
      if (record === undefined) throw new Error(`cannot read the record of key ${key}`)
      const encoded = groupRecordCodec.encode(record)
      expect([encoded.key, encoded.value]).toEqual([keyBytes, valueBytes])
    }
    expect([...keys].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 16])
  })

  test('of share and streams groups are known by their group', () => {
    for (const [type, groupType] of [
      [11, 'share'],
      [14, 'share'],
      [17, 'streams'],
      [23, 'streams'],
    ] as const) {
      const key = Buffer.from(`00${type.toString(16).padStart(2, '0')}000167`, 'hex')
      const record = groupRecordCodec.decode(key, Buffer.from('0000', 'hex'))
      expect(record).toEqual({ type: 'Foreign', groupType, groupId: 'g', recordType: type, key, isTombstone: false })
      expect(() => groupRecordCodec.encode(record as GroupRecord)).toThrow('are not written here')
    }
  })

  test('of the oldest commits are read as commits', () => {
    const key = Buffer.from('0000000167000174000000ff', 'hex')
    const value = Buffer.from('0000000000000000002a00016d0000000000000001', 'hex')
    expect(groupRecordCodec.decode(key, value)).toMatchObject({
      type: 'OffsetCommit',
      key: { group: 'g', topic: 't', partition: 255 },
      value: { offset: 42, metadata: 'm', commitTimestamp: 1, expireTimestamp: -1 },
    })
  })
})
