// The IncrementalAlterConfigs API (key 44): its request and response.
import { bool, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const IncrementalAlterConfigsRequest = message(
  'IncrementalAlterConfigsRequest',
  { apiKey: 44, type: 'request', versions: '0-1', flexible: '1+', listeners: ['broker', 'controller'] },
  () => ({
    resources: structs('AlterConfigsResource', '0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: structs('AlterableConfig', '0+', {
        name: string('0+'),
        configOperation: int8('0+'),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: bool('0+'),
  }),
)
export type IncrementalAlterConfigsRequest = Infer<typeof IncrementalAlterConfigsRequest>

export const IncrementalAlterConfigsResponse = message(
  'IncrementalAlterConfigsResponse',
  { apiKey: 44, type: 'response', versions: '0-1', flexible: '1+' },
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
export type IncrementalAlterConfigsResponse = Infer<typeof IncrementalAlterConfigsResponse>
