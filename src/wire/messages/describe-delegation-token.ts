// The DescribeDelegationToken API (key 41): its request and response.
import { bytes, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const DescribeDelegationTokenRequest = message(
  'DescribeDelegationTokenRequest',
  {
    apiKey: 41,
    type: 'request',
    versions: '1-3',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    owners: structs(
      'DescribeDelegationTokenOwner',
      '0+',
      {
        principalType: string('0+'),
        principalName: string('0+'),
      },
      { nullable: '0+' },
    ),
  }),
)
export type DescribeDelegationTokenRequest = Infer<typeof DescribeDelegationTokenRequest>

export const DescribeDelegationTokenResponse = message(
  'DescribeDelegationTokenResponse',
  { apiKey: 41, type: 'response', versions: '1-3', removedVersions: '0', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    tokens: structs('DescribedDelegationToken', '0+', {
      principalType: string('0+'),
      principalName: string('0+'),
      tokenRequesterPrincipalType: string('3+'),
      tokenRequesterPrincipalName: string('3+'),
      issueTimestamp: int64('0+'),
      expiryTimestamp: int64('0+'),
      maxTimestamp: int64('0+'),
      tokenId: string('0+'),
      hmac: bytes('0+'),
      renewers: structs('DescribedDelegationTokenRenewer', '0+', {
        principalType: string('0+'),
        principalName: string('0+'),
      }),
    }),
    throttleTimeMs: int32('0+'),
  }),
)
export type DescribeDelegationTokenResponse = Infer<typeof DescribeDelegationTokenResponse>
