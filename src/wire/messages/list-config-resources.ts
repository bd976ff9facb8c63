// The ListConfigResources API (key 74): its request and response.
import { array, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const ListConfigResourcesRequest = message(
  'ListConfigResourcesRequest',
  { apiKey: 74, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    resourceTypes: array('int8', '1+'),
  }),
)
export type ListConfigResourcesRequest = Infer<typeof ListConfigResourcesRequest>

export const ListConfigResourcesResponse = message(
  'ListConfigResourcesResponse',
  { apiKey: 74, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    configResources: structs('ConfigResource', '0+', {
      resourceName: string('0+'),
      resourceType: int8('1+', { default: 16, ignorable: true }),
    }),
  }),
)
export type ListConfigResourcesResponse = Infer<typeof ListConfigResourcesResponse>
