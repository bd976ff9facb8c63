// The BrokerHeartbeat API (key 63): its request and response.
import { array, bool, type Infer, int16, int32, int64, message } from '../schema.ts'

export const BrokerHeartbeatRequest = message(
  'BrokerHeartbeatRequest',
  { apiKey: 63, type: 'request', versions: '0-2', flexible: '0+', listeners: ['controller'] },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    currentMetadataOffset: int64('0+'),
    wantFence: bool('0+'),
    wantShutDown: bool('0+'),
    offlineLogDirs: array('uuid', '1+', { tag: 0, tagged: '1+' }),
    cordonedLogDirs: array('uuid', '2+', { nullable: '2+', tag: 1, tagged: '2+', default: null }),
  }),
)
export type BrokerHeartbeatRequest = Infer<typeof BrokerHeartbeatRequest>

export const BrokerHeartbeatResponse = message(
  'BrokerHeartbeatResponse',
  { apiKey: 63, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    isCaughtUp: bool('0+', { default: false }),
    isFenced: bool('0+', { default: true }),
    shouldShutDown: bool('0+'),
  }),
)
export type BrokerHeartbeatResponse = Infer<typeof BrokerHeartbeatResponse>
