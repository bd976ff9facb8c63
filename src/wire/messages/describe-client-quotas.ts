// The DescribeClientQuotas API (key 48): its request and response.
import { bool, float64, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeClientQuotasRequest = message(
  'DescribeClientQuotasRequest',
  { apiKey: 48, type: 'request', versions: '0-1', flexible: '1+', listeners: ['broker'] },
  () => ({
    components: structs('ComponentData', '0+', {
      entityType: string('0+'),
      matchType: int8('0+'),
      match: string('0+', { nullable: '0+' }),
    }),
    strict: bool('0+'),
  }),
)
export type DescribeClientQuotasRequest = Infer<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = message(
  'DescribeClientQuotasResponse',
  { apiKey: 48, type: 'response', versions: '0-1', flexible: '1+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    entries: structs(
      'EntryData',
      '0+',
      {
        entity: structs('EntityData', '0+', {
          entityType: string('0+'),
          entityName: string('0+', { nullable: '0+' }),
        }),
        values: structs('ValueData', '0+', {
          key: string('0+'),
          value: float64('0+'),
        }),
      },
      { nullable: '0+' },
    ),
  }),
)
export type DescribeClientQuotasResponse = Infer<typeof DescribeClientQuotasResponse>
