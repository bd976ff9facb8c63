// The DescribeGroups API (key 15): its request and response.
import { array, bool, bytes, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeGroupsRequest = message(
  'DescribeGroupsRequest',
  { apiKey: 15, type: 'request', versions: '0-6', flexible: '5+', listeners: ['broker'] },
  () => ({
    groups: array('string', '0+'),
    includeAuthorizedOperations: bool('3+'),
  }),
)
export type DescribeGroupsRequest = Infer<typeof DescribeGroupsRequest>

export const DescribeGroupsResponse = message(
  'DescribeGroupsResponse',
  { apiKey: 15, type: 'response', versions: '0-6', flexible: '5+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: structs('DescribedGroup', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('6+', { nullable: '6+', default: null }),
      groupId: string('0+'),
      groupState: string('0+'),
      protocolType: string('0+'),
      protocolData: string('0+'),
      members: structs('DescribedGroupMember', '0+', {
        memberId: string('0+'),
        groupInstanceId: string('4+', { nullable: '4+', default: null, ignorable: true }),
        clientId: string('0+'),
        clientHost: string('0+'),
        memberMetadata: bytes('0+'),
        memberAssignment: bytes('0+'),
      }),
      authorizedOperations: int32('3+', { default: -2147483648 }),
    }),
  }),
)
export type DescribeGroupsResponse = Infer<typeof DescribeGroupsResponse>
