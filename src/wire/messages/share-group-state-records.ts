// The records of __share_group_state: keys and values.
import { type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const ShareSnapshotKey = message(
  'ShareSnapshotKey',
  { apiKey: 0, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    topicId: uuid('0'),
    partition: int32('0'),
  }),
)
export type ShareSnapshotKey = Infer<typeof ShareSnapshotKey>

export const ShareSnapshotValue = message(
  'ShareSnapshotValue',
  { apiKey: 0, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    snapshotEpoch: int32('0+'),
    stateEpoch: int32('0+'),
    leaderEpoch: int32('0+'),
    startOffset: int64('0+'),
    deliveryCompleteCount: int32('0+', { tag: 0, tagged: '0+', default: -1 }),
    createTimestamp: int64('0+'),
    writeTimestamp: int64('0+'),
    stateBatches: structs('StateBatch', '0+', {
      firstOffset: int64('0+'),
      lastOffset: int64('0+'),
      deliveryState: int8('0+'),
      deliveryCount: int16('0+'),
    }),
  }),
)
export type ShareSnapshotValue = Infer<typeof ShareSnapshotValue>

export const ShareUpdateKey = message(
  'ShareUpdateKey',
  { apiKey: 1, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    topicId: uuid('0'),
    partition: int32('0'),
  }),
)
export type ShareUpdateKey = Infer<typeof ShareUpdateKey>

export const ShareUpdateValue = message(
  'ShareUpdateValue',
  { apiKey: 1, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    snapshotEpoch: int32('0+'),
    leaderEpoch: int32('0+'),
    startOffset: int64('0+'),
    deliveryCompleteCount: int32('0+', { tag: 0, tagged: '0+', default: -1 }),
    stateBatches: structs('StateBatch', '0+', {
      firstOffset: int64('0+'),
      lastOffset: int64('0+'),
      deliveryState: int8('0+'),
      deliveryCount: int16('0+'),
    }),
  }),
)
export type ShareUpdateValue = Infer<typeof ShareUpdateValue>
