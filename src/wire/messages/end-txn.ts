// The EndTxn API (key 26): its request and response.
import { bool, type Infer, int16, int32, int64, message, string } from '../schema.ts'

export const EndTxnRequest = message(
  'EndTxnRequest',
  { apiKey: 26, type: 'request', versions: '0-5', flexible: '3+', listeners: ['broker'] },
  () => ({
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    committed: bool('0+'),
  }),
)
export type EndTxnRequest = Infer<typeof EndTxnRequest>

export const EndTxnResponse = message(
  'EndTxnResponse',
  { apiKey: 26, type: 'response', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    producerId: int64('5+', { default: -1, ignorable: true }),
    producerEpoch: int16('5+', { default: -1, ignorable: true }),
  }),
)
export type EndTxnResponse = Infer<typeof EndTxnResponse>
