// The DescribeUserScramCredentials API (key 50): its request and response.
import { type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeUserScramCredentialsRequest = message(
  'DescribeUserScramCredentialsRequest',
  { apiKey: 50, type: 'request', versions: '0', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    users: structs(
      'UserName',
      '0+',
      {
        name: string('0+'),
      },
      { nullable: '0+' },
    ),
  }),
)
export type DescribeUserScramCredentialsRequest = Infer<typeof DescribeUserScramCredentialsRequest>

export const DescribeUserScramCredentialsResponse = message(
  'DescribeUserScramCredentialsResponse',
  { apiKey: 50, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: structs('DescribeUserScramCredentialsResult', '0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      credentialInfos: structs('CredentialInfo', '0+', {
        mechanism: int8('0+'),
        iterations: int32('0+'),
      }),
    }),
  }),
)
export type DescribeUserScramCredentialsResponse = Infer<typeof DescribeUserScramCredentialsResponse>
