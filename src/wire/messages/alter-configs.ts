// The AlterConfigs API (key 33): its request and response.
import { bool, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const AlterConfigsRequest = message(
  'AlterConfigsRequest',
  { apiKey: 33, type: 'request', versions: '0-2', flexible: '2+', listeners: ['broker', 'controller'] },
  () => ({
    resources: structs('AlterConfigsResource', '0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: structs('AlterableConfig', '0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: bool('0+'),
  }),
)
export type AlterConfigsRequest = Infer<typeof AlterConfigsRequest>

export const AlterConfigsResponse = message(
  'AlterConfigsResponse',
  { apiKey: 33, type: 'response', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    responses: structs('AlterConfigsResourceResponse', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
    }),
  }),
)
export type AlterConfigsResponse = Infer<typeof AlterConfigsResponse>
