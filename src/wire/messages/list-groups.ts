// The ListGroups API (key 16): its request and response.
import { array, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const ListGroupsRequest = message(
  'ListGroupsRequest',
  { apiKey: 16, type: 'request', versions: '0-5', flexible: '3+', listeners: ['broker'] },
  () => ({
    statesFilter: array('string', '4+'),
    typesFilter: array('string', '5+'),
  }),
)
export type ListGroupsRequest = Infer<typeof ListGroupsRequest>

export const ListGroupsResponse = message(
  'ListGroupsResponse',
  { apiKey: 16, type: 'response', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    groups: structs('ListedGroup', '0+', {
      groupId: string('0+'),
      protocolType: string('0+'),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    }),
  }),
)
export type ListGroupsResponse = Infer<typeof ListGroupsResponse>
