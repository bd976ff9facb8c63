// The AlterUserScramCredentials API (key 51): its request and response.
import { bytes, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const AlterUserScramCredentialsRequest = message(
  'AlterUserScramCredentialsRequest',
  { apiKey: 51, type: 'request', versions: '0', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    deletions: structs('ScramCredentialDeletion', '0+', {
      name: string('0+'),
      mechanism: int8('0+'),
    }),
    upsertions: structs('ScramCredentialUpsertion', '0+', {
      name: string('0+'),
      mechanism: int8('0+'),
      iterations: int32('0+'),
      salt: bytes('0+'),
      saltedPassword: bytes('0+'),
    }),
  }),
)
export type AlterUserScramCredentialsRequest = Infer<typeof AlterUserScramCredentialsRequest>

export const AlterUserScramCredentialsResponse = message(
  'AlterUserScramCredentialsResponse',
  { apiKey: 51, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('AlterUserScramCredentialsResult', '0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  }),
)
export type AlterUserScramCredentialsResponse = Infer<typeof AlterUserScramCredentialsResponse>
