// The InitProducerId API (key 22): its request and response.
import { bool, type Infer, int16, int32, int64, message, string } from '../schema.ts'

export const InitProducerIdRequest = message(
  'InitProducerIdRequest',
  { apiKey: 22, type: 'request', versions: '0-6', flexible: '2+', latestVersionUnstable: true, listeners: ['broker'] },
  () => ({
    transactionalId: string('0+', { nullable: '0+' }),
    transactionTimeoutMs: int32('0+'),
    producerId: int64('3+', { default: -1 }),
    producerEpoch: int16('3+', { default: -1 }),
    enable2Pc: bool('6+', { default: false }),
    keepPreparedTxn: bool('6+', { default: false }),
  }),
)
export type InitProducerIdRequest = Infer<typeof InitProducerIdRequest>

export const InitProducerIdResponse = message(
  'InitProducerIdResponse',
  { apiKey: 22, type: 'response', versions: '0-6', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16('0+'),
    producerId: int64('0+', { default: -1 }),
    producerEpoch: int16('0+'),
    ongoingTxnProducerId: int64('6+', { default: -1 }),
    ongoingTxnProducerEpoch: int16('6+', { default: -1 }),
  }),
)
export type InitProducerIdResponse = Infer<typeof InitProducerIdResponse>
