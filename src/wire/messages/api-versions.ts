// The ApiVersions API (key 18): its request and response.
import { bool, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const ApiVersionsRequest = message(
  'ApiVersionsRequest',
  { apiKey: 18, type: 'request', versions: '0-4', flexible: '3+', listeners: ['broker', 'controller'] },
  () => ({
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  }),
)
export type ApiVersionsRequest = Infer<typeof ApiVersionsRequest>

export const ApiVersionsResponse = message(
  'ApiVersionsResponse',
  { apiKey: 18, type: 'response', versions: '0-4', flexible: '3+' },
  () => ({
    errorCode: int16('0+'),
    apiKeys: structs('ApiVersion', '0+', {
      apiKey: int16('0+'),
      minVersion: int16('0+'),
      maxVersion: int16('0+'),
    }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: structs(
      'SupportedFeatureKey',
      '3+',
      {
        name: string('3+'),
        minVersion: int16('3+'),
        maxVersion: int16('3+'),
      },
      { tag: 0, tagged: '3+', ignorable: true },
    ),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, tagged: '3+', default: -1, ignorable: true }),
    finalizedFeatures: structs(
      'FinalizedFeatureKey',
      '3+',
      {
        name: string('3+'),
        maxVersionLevel: int16('3+'),
        minVersionLevel: int16('3+'),
      },
      { tag: 2, tagged: '3+', ignorable: true },
    ),
    zkMigrationReady: bool('3+', { tag: 3, tagged: '3+', default: false, ignorable: true }),
  }),
)
export type ApiVersionsResponse = Infer<typeof ApiVersionsResponse>
