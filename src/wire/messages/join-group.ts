// The JoinGroup API (key 11): its request and response.
import { bool, bytes, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const JoinGroupRequest = message(
  'JoinGroupRequest',
  { apiKey: 11, type: 'request', versions: '0-9', flexible: '6+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    sessionTimeoutMs: int32('0+'),
    rebalanceTimeoutMs: int32('1+', { default: -1, ignorable: true }),
    memberId: string('0+'),
    groupInstanceId: string('5+', { nullable: '5+', default: null }),
    protocolType: string('0+'),
    protocols: structs('JoinGroupRequestProtocol', '0+', {
      name: string('0+'),
      metadata: bytes('0+'),
    }),
    reason: string('8+', { nullable: '8+', default: null, ignorable: true }),
  }),
)
export type JoinGroupRequest = Infer<typeof JoinGroupRequest>

export const JoinGroupResponse = message(
  'JoinGroupResponse',
  { apiKey: 11, type: 'response', versions: '0-9', flexible: '6+' },
  () => ({
    throttleTimeMs: int32('2+', { ignorable: true }),
    errorCode: int16('0+'),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { nullable: '7+', default: null, ignorable: true }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string('0+'),
    skipAssignment: bool('9+', { default: false }),
    memberId: string('0+'),
    members: structs('JoinGroupResponseMember', '0+', {
      memberId: string('0+'),
      groupInstanceId: string('5+', { nullable: '5+', default: null, ignorable: true }),
      metadata: bytes('0+'),
    }),
  }),
)
export type JoinGroupResponse = Infer<typeof JoinGroupResponse>
