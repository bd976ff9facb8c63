// The SaslAuthenticate API (key 36): its request and response.
import { bytes, type Infer, int16, int64, message, string } from '../schema.ts'

export const SaslAuthenticateRequest = message(
  'SaslAuthenticateRequest',
  { apiKey: 36, type: 'request', versions: '0-2', flexible: '2+', listeners: ['broker', 'controller'] },
  () => ({
    authBytes: bytes('0+'),
  }),
)
export type SaslAuthenticateRequest = Infer<typeof SaslAuthenticateRequest>

export const SaslAuthenticateResponse = message(
  'SaslAuthenticateResponse',
  { apiKey: 36, type: 'response', versions: '0-2', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { default: 0, ignorable: true }),
  }),
)
export type SaslAuthenticateResponse = Infer<typeof SaslAuthenticateResponse>
