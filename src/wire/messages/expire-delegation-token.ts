// The ExpireDelegationToken API (key 40): its request and response.
import { bytes, type Infer, int16, int32, int64, message } from '../schema.ts'

export const ExpireDelegationTokenRequest = message(
  'ExpireDelegationTokenRequest',
  {
    apiKey: 40,
    type: 'request',
    versions: '1-2',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    hmac: bytes('0+'),
    expiryTimePeriodMs: int64('0+'),
  }),
)
export type ExpireDelegationTokenRequest = Infer<typeof ExpireDelegationTokenRequest>

export const ExpireDelegationTokenResponse = message(
  'ExpireDelegationTokenResponse',
  { apiKey: 40, type: 'response', versions: '1-2', removedVersions: '0', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  }),
)
export type ExpireDelegationTokenResponse = Infer<typeof ExpireDelegationTokenResponse>
