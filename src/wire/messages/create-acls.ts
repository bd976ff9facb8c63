// The CreateAcls API (key 30): its request and response.
import { type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const CreateAclsRequest = message(
  'CreateAclsRequest',
  {
    apiKey: 30,
    type: 'request',
    versions: '1-3',
    removedVersions: '0',
    flexible: '2+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    creations: structs('AclCreation', '0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      resourcePatternType: int8('1+', { default: 3 }),
      principal: string('0+'),
      host: string('0+'),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  }),
)
export type CreateAclsRequest = Infer<typeof CreateAclsRequest>

export const CreateAclsResponse = message(
  'CreateAclsResponse',
  { apiKey: 30, type: 'response', versions: '1-3', removedVersions: '0', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('AclCreationResult', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  }),
)
export type CreateAclsResponse = Infer<typeof CreateAclsResponse>
