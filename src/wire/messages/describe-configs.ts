// The DescribeConfigs API (key 32): its request and response.
import { array, bool, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeConfigsRequest = message(
  'DescribeConfigsRequest',
  {
    apiKey: 32,
    type: 'request',
    versions: '1-4',
    removedVersions: '0',
    flexible: '4+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    resources: structs('DescribeConfigsResource', '0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configurationKeys: array('string', '0+', { nullable: '0+' }),
    }),
    includeSynonyms: bool('1+', { default: false }),
    includeDocumentation: bool('3+', { default: false }),
  }),
)
export type DescribeConfigsRequest = Infer<typeof DescribeConfigsRequest>

export const DescribeConfigsResponse = message(
  'DescribeConfigsResponse',
  { apiKey: 32, type: 'response', versions: '1-4', removedVersions: '0', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('DescribeConfigsResult', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: structs('DescribeConfigsResourceResult', '0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
        readOnly: bool('0+'),
        isDefault: bool('0'),
        configSource: int8('1+', { default: -1, ignorable: true }),
        isSensitive: bool('0+'),
        synonyms: structs(
          'DescribeConfigsSynonym',
          '1+',
          {
            name: string('1+'),
            value: string('1+', { nullable: '0+' }),
            source: int8('1+'),
          },
          { ignorable: true },
        ),
        configType: int8('3+', { default: 0, ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      }),
    }),
  }),
)
export type DescribeConfigsResponse = Infer<typeof DescribeConfigsResponse>
