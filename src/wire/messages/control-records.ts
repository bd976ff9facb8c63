// The payloads of control records.
import { type Infer, int16, int32, int64, message, string, struct, structs, uint16, uuid } from '../schema.ts'

export const EndTxnMarker = message('EndTxnMarker', { type: 'data', versions: '0', flexible: 'none' }, () => ({
  coordinatorEpoch: int32('0+'),
}))
export type EndTxnMarker = Infer<typeof EndTxnMarker>

export const KRaftVersionRecord = message(
  'KRaftVersionRecord',
  { type: 'data', versions: '0', flexible: '0+' },
  () => ({
    version: int16('0+'),
    kRaftVersion: int16('0+'),
  }),
)
export type KRaftVersionRecord = Infer<typeof KRaftVersionRecord>

const voter = {
  voterId: int32('0+'),
  voterDirectoryId: uuid('1+'),
}

export const LeaderChangeMessage = message(
  'LeaderChangeMessage',
  { type: 'data', versions: '0-1', flexible: '0+' },
  () => ({
    version: int16('0+'),
    leaderId: int32('0+'),
    voters: structs('Voter', '0+', voter),
    grantingVoters: structs('Voter', '0+', voter),
  }),
)
export type LeaderChangeMessage = Infer<typeof LeaderChangeMessage>

export const SnapshotFooterRecord = message(
  'SnapshotFooterRecord',
  { type: 'data', versions: '0', flexible: '0+' },
  () => ({
    version: int16('0+'),
  }),
)
export type SnapshotFooterRecord = Infer<typeof SnapshotFooterRecord>

export const SnapshotHeaderRecord = message(
  'SnapshotHeaderRecord',
  { type: 'data', versions: '0', flexible: '0+' },
  () => ({
    version: int16('0+'),
    lastContainedLogTimestamp: int64('0+'),
  }),
)
export type SnapshotHeaderRecord = Infer<typeof SnapshotHeaderRecord>

export const VotersRecord = message('VotersRecord', { type: 'data', versions: '0', flexible: '0+' }, () => ({
  version: int16('0+'),
  voters: structs('Voter', '0+', {
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
    endpoints: structs('Endpoint', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
    }),
    kRaftVersionFeature: struct('KRaftVersionFeature', '0+', {
      minSupportedVersion: int16('0+'),
      maxSupportedVersion: int16('0+'),
    }),
  }),
}))
export type VotersRecord = Infer<typeof VotersRecord>
