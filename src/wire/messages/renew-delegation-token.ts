// The RenewDelegationToken API (key 39): its request and response.
import { bytes, type Infer, int16, int32, int64, message } from '../schema.ts'

export const RenewDelegationTokenRequest = message(
  'RenewDelegationTokenRequest',
  {
    apiKey: 39,
    type: 'request',
    versions: '1-2',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    hmac: bytes('0+'),
    renewPeriodMs: int64('0+'),
  }),
)
export type RenewDelegationTokenRequest = Infer<typeof RenewDelegationTokenRequest>

export const RenewDelegationTokenResponse = message(
  'RenewDelegationTokenResponse',
  { apiKey: 39, type: 'response', versions: '1-2', removedVersions: '0', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  }),
)
export type RenewDelegationTokenResponse = Infer<typeof RenewDelegationTokenResponse>
