// The DeleteAcls API (key 31): its request and response.
import { type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DeleteAclsRequest = message(
  'DeleteAclsRequest',
  {
    apiKey: 31,
    type: 'request',
    versions: '1-3',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    filters: structs('DeleteAclsFilter', '0+', {
      resourceTypeFilter: int8('0+'),
      resourceNameFilter: string('0+', { nullable: '0+' }),
      patternTypeFilter: int8('1+', { default: 3 }),
      principalFilter: string('0+', { nullable: '0+' }),
      hostFilter: string('0+', { nullable: '0+' }),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  }),
)
export type DeleteAclsRequest = Infer<typeof DeleteAclsRequest>

export const DeleteAclsResponse = message(
  'DeleteAclsResponse',
  { apiKey: 31, type: 'response', versions: '1-3', removedVersions: '0', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    filterResults: structs('DeleteAclsFilterResult', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      matchingAcls: structs('DeleteAclsMatchingAcl', '0+', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
        patternType: int8('1+', { default: 3 }),
        principal: string('0+'),
        host: string('0+'),
        operation: int8('0+'),
        permissionType: int8('0+'),
      }),
    }),
  }),
)
export type DeleteAclsResponse = Infer<typeof DeleteAclsResponse>
