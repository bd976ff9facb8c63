// The Heartbeat API (key 12): its request and response.
import { type Infer, int16, int32, message, string } from '../schema.ts'

export const HeartbeatRequest = message(
  'HeartbeatRequest',
  { apiKey: 12, type: 'request', versions: '0-4', flexible: '4+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
  }),
)
export type HeartbeatRequest = Infer<typeof HeartbeatRequest>

export const HeartbeatResponse = message(
  'HeartbeatResponse',
  { apiKey: 12, type: 'response', versions: '0-4', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
  }),
)
export type HeartbeatResponse = Infer<typeof HeartbeatResponse>
