// The UnregisterBroker API (key 64): its request and response.
import { type Infer, int16, int32, message, string } from '../schema.ts'

export const UnregisterBrokerRequest = message(
  'UnregisterBrokerRequest',
  { apiKey: 64, type: 'request', versions: '0', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    brokerId: int32('0+'),
  }),
)
export type UnregisterBrokerRequest = Infer<typeof UnregisterBrokerRequest>

export const UnregisterBrokerResponse = message(
  'UnregisterBrokerResponse',
  { apiKey: 64, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  }),
)
export type UnregisterBrokerResponse = Infer<typeof UnregisterBrokerResponse>
