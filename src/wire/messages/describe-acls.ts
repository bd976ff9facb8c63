// The DescribeAcls API (key 29): its request and response.
import { type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeAclsRequest = message(
  'DescribeAclsRequest',
  {
    apiKey: 29,
    type: 'request',
    versions: '1-3',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    resourceTypeFilter: int8('0+'),
    resourceNameFilter: string('0+', { nullable: '0+' }),
    patternTypeFilter: int8('1+', { default: 3 }),
    principalFilter: string('0+', { nullable: '0+' }),
    hostFilter: string('0+', { nullable: '0+' }),
    operation: int8('0+'),
    permissionType: int8('0+'),
  }),
)
export type DescribeAclsRequest = Infer<typeof DescribeAclsRequest>

export const DescribeAclsResponse = message(
  'DescribeAclsResponse',
  { apiKey: 29, type: 'response', versions: '1-3', removedVersions: '0', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    resources: structs('DescribeAclsResource', '0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      patternType: int8('1+', { default: 3 }),
      acls: structs('AclDescription', '0+', {
        principal: string('0+'),
        host: string('0+'),
        operation: int8('0+'),
        permissionType: int8('0+'),
      }),
    }),
  }),
)
export type DescribeAclsResponse = Infer<typeof DescribeAclsResponse>
