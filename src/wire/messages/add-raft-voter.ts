// The AddRaftVoter API (key 80): its request and response.
import { bool, type Infer, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts'

export const AddRaftVoterRequest = message(
  'AddRaftVoterRequest',
  { apiKey: 80, type: 'request', versions: '0-1', flexible: '0+', listeners: ['controller', 'broker'] },
  () => ({
    clusterId: string('0+', { nullable: '0+' }),
    timeoutMs: int32('0+'),
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
    listeners: structs('Listener', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
    }),
    ackWhenCommitted: bool('1+', { default: true }),
  }),
)
export type AddRaftVoterRequest = Infer<typeof AddRaftVoterRequest>

export const AddRaftVoterResponse = message(
  'AddRaftVoterResponse',
  { apiKey: 80, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', ignorable: true }),
  }),
)
export type AddRaftVoterResponse = Infer<typeof AddRaftVoterResponse>
