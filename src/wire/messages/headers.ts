// The headers that go before every request and every response.
import { type Infer, int16, int32, message, string } from '../schema.ts'

export const RequestHeader = message(
  'RequestHeader',
  { type: 'header', versions: '1-2', removedVersions: '0', flexible: '2+' },
  () => ({
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    clientId: string('1+', { nullable: '1+', flexible: 'none' }),
  }),
)
export type RequestHeader = Infer<typeof RequestHeader>

export const ResponseHeader = message('ResponseHeader', { type: 'header', versions: '0-1', flexible: '1+' }, () => ({
  correlationId: int32('0+'),
}))
export type ResponseHeader = Infer<typeof ResponseHeader>
