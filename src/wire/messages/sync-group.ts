// The SyncGroup API (key 14): its request and response.
import { bytes, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const SyncGroupRequest = message(
  'SyncGroupRequest',
  { apiKey: 14, type: 'request', versions: '0-5', flexible: '4+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    protocolType: string('5+', { nullable: '5+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '5+', default: null, ignorable: true }),
    assignments: structs('SyncGroupRequestAssignment', '0+', {
      memberId: string('0+'),
      assignment: bytes('0+'),
    }),
  }),
)
export type SyncGroupRequest = Infer<typeof SyncGroupRequest>

export const SyncGroupResponse = message(
  'SyncGroupResponse',
  { apiKey: 14, type: 'response', versions: '0-5', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    protocolType: string('5+', { nullable: '5+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '5+', default: null, ignorable: true }),
    assignment: bytes('0+'),
  }),
)
export type SyncGroupResponse = Infer<typeof SyncGroupResponse>
