// The CreateDelegationToken API (key 38): its request and response.
import { bytes, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const CreateDelegationTokenRequest = message(
  'CreateDelegationTokenRequest',
  {
    apiKey: 38,
    type: 'request',
    versions: '1-3',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    ownerPrincipalType: string('3+', { nullable: '3+' }),
    ownerPrincipalName: string('3+', { nullable: '3+' }),
    renewers: structs('CreatableRenewers', '0+', {
      principalType: string('0+'),
      principalName: string('0+'),
    }),
    maxLifetimeMs: int64('0+'),
  }),
)
export type CreateDelegationTokenRequest = Infer<typeof CreateDelegationTokenRequest>

export const CreateDelegationTokenResponse = message(
  'CreateDelegationTokenResponse',
  { apiKey: 38, type: 'response', versions: '1-3', removedVersions: '0', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    principalType: string('0+'),
    principalName: string('0+'),
    tokenRequesterPrincipalType: string('3+'),
    tokenRequesterPrincipalName: string('3+'),
    issueTimestampMs: int64('0+'),
    expiryTimestampMs: int64('0+'),
    maxTimestampMs: int64('0+'),
    tokenId: string('0+'),
    hmac: bytes('0+'),
    throttleTimeMs: int32('0+'),
  }),
)
export type CreateDelegationTokenResponse = Infer<typeof CreateDelegationTokenResponse>
