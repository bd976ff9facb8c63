// The AllocateProducerIds API (key 67): its request and response.
import { type Infer, int16, int32, int64, message } from '../schema.ts'

export const AllocateProducerIdsRequest = message(
  'AllocateProducerIdsRequest',
  { apiKey: 67, type: 'request', versions: '0', flexible: '0+', listeners: ['controller'] },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
  }),
)
export type AllocateProducerIdsRequest = Infer<typeof AllocateProducerIdsRequest>

export const AllocateProducerIdsResponse = message(
  'AllocateProducerIdsResponse',
  { apiKey: 67, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    producerIdStart: int64('0+'),
    producerIdLen: int32('0+'),
  }),
)
export type AllocateProducerIdsResponse = Infer<typeof AllocateProducerIdsResponse>
