// The SaslHandshake API (key 17): its request and response.
import { array, type Infer, int16, message, string } from '../schema.ts'

export const SaslHandshakeRequest = message(
  'SaslHandshakeRequest',
  { apiKey: 17, type: 'request', versions: '0-1', flexible: 'none', listeners: ['broker', 'controller'] },
  () => ({
    mechanism: string('0+'),
  }),
)
export type SaslHandshakeRequest = Infer<typeof SaslHandshakeRequest>

export const SaslHandshakeResponse = message(
  'SaslHandshakeResponse',
  { apiKey: 17, type: 'response', versions: '0-1', flexible: 'none' },
  () => ({
    errorCode: int16('0+'),
    mechanisms: array('string', '0+'),
  }),
)
export type SaslHandshakeResponse = Infer<typeof SaslHandshakeResponse>
