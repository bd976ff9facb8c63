// The LeaveGroup API (key 13): its request and response.
import { type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const LeaveGroupRequest = message(
  'LeaveGroupRequest',
  { apiKey: 13, type: 'request', versions: '0-5', flexible: '4+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    memberId: string('0-2'),
    members: structs('MemberIdentity', '3+', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: '3+', default: null }),
      reason: string('5+', { nullable: '5+', default: null, ignorable: true }),
    }),
  }),
)
export type LeaveGroupRequest = Infer<typeof LeaveGroupRequest>

export const LeaveGroupResponse = message(
  'LeaveGroupResponse',
  { apiKey: 13, type: 'response', versions: '0-5', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    members: structs('MemberResponse', '3+', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: '3+' }),
      errorCode: int16('3+'),
    }),
  }),
)
export type LeaveGroupResponse = Infer<typeof LeaveGroupResponse>
