// The PushTelemetry API (key 72): its request and response.
import { bool, bytes, type Infer, int8, int16, int32, message, uuid } from '../schema.ts'

export const PushTelemetryRequest = message(
  'PushTelemetryRequest',
  { apiKey: 72, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    clientInstanceId: uuid('0+'),
    subscriptionId: int32('0+'),
    terminating: bool('0+'),
    compressionType: int8('0+'),
    metrics: bytes('0+'),
  }),
)
export type PushTelemetryRequest = Infer<typeof PushTelemetryRequest>

export const PushTelemetryResponse = message(
  'PushTelemetryResponse',
  { apiKey: 72, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  }),
)
export type PushTelemetryResponse = Infer<typeof PushTelemetryResponse>
