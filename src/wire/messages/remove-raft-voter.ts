// The RemoveRaftVoter API (key 81): its request and response.
import { type Infer, int16, int32, message, string, uuid } from '../schema.ts'

export const RemoveRaftVoterRequest = message(
  'RemoveRaftVoterRequest',
  { apiKey: 81, type: 'request', versions: '0', flexible: '0+', listeners: ['controller', 'broker'] },
  () => ({
    clusterId: string('0+', { nullable: '0+' }),
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
  }),
)
export type RemoveRaftVoterRequest = Infer<typeof RemoveRaftVoterRequest>

export const RemoveRaftVoterResponse = message(
  'RemoveRaftVoterResponse',
  { apiKey: 81, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', ignorable: true }),
  }),
)
export type RemoveRaftVoterResponse = Infer<typeof RemoveRaftVoterResponse>
