// The Envelope API (key 58): its request and response.
import { bytes, type Infer, int16, message } from '../schema.ts'

export const EnvelopeRequest = message(
  'EnvelopeRequest',
  { apiKey: 58, type: 'request', versions: '0', flexible: '0+', listeners: ['controller'] },
  () => ({
    requestData: bytes('0+'),
    requestPrincipal: bytes('0+', { nullable: '0+' }),
    clientHostAddress: bytes('0+'),
  }),
)
export type EnvelopeRequest = Infer<typeof EnvelopeRequest>

export const EnvelopeResponse = message(
  'EnvelopeResponse',
  { apiKey: 58, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    responseData: bytes('0+', { nullable: '0+', default: null }),
    errorCode: int16('0+'),
  }),
)
export type EnvelopeResponse = Infer<typeof EnvelopeResponse>
