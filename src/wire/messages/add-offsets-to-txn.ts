// The AddOffsetsToTxn API (key 25): its request and response.
import { type Infer, int16, int32, int64, message, string } from '../schema.ts'

export const AddOffsetsToTxnRequest = message(
  'AddOffsetsToTxnRequest',
  { apiKey: 25, type: 'request', versions: '0-4', flexible: '3+', listeners: ['broker'] },
  () => ({
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    groupId: string('0+'),
  }),
)
export type AddOffsetsToTxnRequest = Infer<typeof AddOffsetsToTxnRequest>

export const AddOffsetsToTxnResponse = message(
  'AddOffsetsToTxnResponse',
  { apiKey: 25, type: 'response', versions: '0-4', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  }),
)
export type AddOffsetsToTxnResponse = Infer<typeof AddOffsetsToTxnResponse>
