// The DeleteGroups API (key 42): its request and response.
import { array, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const DeleteGroupsRequest = message(
  'DeleteGroupsRequest',
  { apiKey: 42, type: 'request', versions: '0-2', flexible: '2+', listeners: ['broker'] },
  () => ({
    groupsNames: array('string', '0+'),
  }),
)
export type DeleteGroupsRequest = Infer<typeof DeleteGroupsRequest>

export const DeleteGroupsResponse = message(
  'DeleteGroupsResponse',
  { apiKey: 42, type: 'response', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('DeletableGroupResult', '0+', {
      groupId: string('0+'),
      errorCode: int16('0+'),
    }),
  }),
)
export type DeleteGroupsResponse = Infer<typeof DeleteGroupsResponse>
