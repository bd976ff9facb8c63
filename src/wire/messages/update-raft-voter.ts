// The UpdateRaftVoter API (key 82): its request and response.
import { type Infer, int16, int32, message, string, struct, structs, uint16, uuid } from '../schema.ts'

export const UpdateRaftVoterRequest = message(
  'UpdateRaftVoterRequest',
  { apiKey: 82, type: 'request', versions: '0', flexible: '0+', listeners: ['controller'] },
  () => ({
    clusterId: string('0+', { nullable: '0+' }),
    currentLeaderEpoch: int32('0+'),
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
    listeners: structs('Listener', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
    }),
    kRaftVersionFeature: struct('KRaftVersionFeature', '0+', {
      minSupportedVersion: int16('0+'),
      maxSupportedVersion: int16('0+'),
    }),
  }),
)
export type UpdateRaftVoterRequest = Infer<typeof UpdateRaftVoterRequest>

export const UpdateRaftVoterResponse = message(
  'UpdateRaftVoterResponse',
  { apiKey: 82, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    currentLeader: struct(
      'CurrentLeader',
      '0+',
      {
        leaderId: int32('0+', { default: -1 }),
        leaderEpoch: int32('0+', { default: -1 }),
        host: string('0+'),
        port: int32('0+'),
      },
      { tag: 0, tagged: '0+' },
    ),
  }),
)
export type UpdateRaftVoterResponse = Infer<typeof UpdateRaftVoterResponse>
