// Small payloads that are neither a request nor a record.
import { bool, type Infer, int16, int32, int64, message, string, structs, uint32, uuid } from '../schema.ts'

export const ControlRecordTypeSchema = message(
  'ControlRecordTypeSchema',
  { type: 'data', versions: '0', flexible: 'none' },
  () => ({
    type: int16('0+'),
  }),
)
export type ControlRecordTypeSchema = Infer<typeof ControlRecordTypeSchema>

export const DefaultPrincipalData = message(
  'DefaultPrincipalData',
  { type: 'data', versions: '0', flexible: '0+' },
  () => ({
    type: string('0+'),
    name: string('0+'),
    tokenAuthenticated: bool('0+'),
  }),
)
export type DefaultPrincipalData = Infer<typeof DefaultPrincipalData>

export const ProducerSnapshot = message('ProducerSnapshot', { type: 'data', versions: '1', flexible: 'none' }, () => ({
  crc: uint32('1'),
  producerEntries: structs('ProducerEntry', '1', {
    producerId: int64('1'),
    epoch: int16('1'),
    lastSequence: int32('1'),
    lastOffset: int64('1'),
    offsetDelta: int32('1'),
    timestamp: int64('1'),
    coordinatorEpoch: int32('1'),
    currentTxnFirstOffset: int64('1'),
  }),
}))
export type ProducerSnapshot = Infer<typeof ProducerSnapshot>

export const QuorumStateData = message('QuorumStateData', { type: 'data', versions: '0-1', flexible: '0+' }, () => ({
  clusterId: string('0'),
  leaderId: int32('0+', { default: -1 }),
  leaderEpoch: int32('0+', { default: -1 }),
  votedId: int32('0+', { default: -1 }),
  votedDirectoryId: uuid('1+'),
  appliedOffset: int64('0'),
  currentVoters: structs(
    'Voter',
    '0',
    {
      voterId: int32('0'),
    },
    { nullable: '0' },
  ),
}))
export type QuorumStateData = Infer<typeof QuorumStateData>
