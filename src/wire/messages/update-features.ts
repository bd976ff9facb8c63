// The UpdateFeatures API (key 57): its request and response.
import { bool, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const UpdateFeaturesRequest = message(
  'UpdateFeaturesRequest',
  { apiKey: 57, type: 'request', versions: '0-2', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: structs('FeatureUpdateKey', '0+', {
      feature: string('0+'),
      maxVersionLevel: int16('0+'),
      allowDowngrade: bool('0'),
      upgradeType: int8('1+', { default: 1 }),
    }),
    validateOnly: bool('1+', { default: false }),
  }),
)
export type UpdateFeaturesRequest = Infer<typeof UpdateFeaturesRequest>

export const UpdateFeaturesResponse = message(
  'UpdateFeaturesResponse',
  { apiKey: 57, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: structs(
      'UpdatableFeatureResult',
      '0-1',
      {
        feature: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      { ignorable: true },
    ),
  }),
)
export type UpdateFeaturesResponse = Infer<typeof UpdateFeaturesResponse>
