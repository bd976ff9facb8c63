// The AlterClientQuotas API (key 49): its request and response.
import { bool, float64, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const AlterClientQuotasRequest = message(
  'AlterClientQuotasRequest',
  { apiKey: 49, type: 'request', versions: '0-1', flexible: '1+', listeners: ['broker', 'controller'] },
  () => ({
    entries: structs('EntryData', '0+', {
      entity: structs('EntityData', '0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
      ops: structs('OpData', '0+', {
        key: string('0+'),
        value: float64('0+'),
        remove: bool('0+'),
      }),
    }),
    validateOnly: bool('0+'),
  }),
)
export type AlterClientQuotasRequest = Infer<typeof AlterClientQuotasRequest>

export const AlterClientQuotasResponse = message(
  'AlterClientQuotasResponse',
  { apiKey: 49, type: 'response', versions: '0-1', flexible: '1+' },
  () => ({
    throttleTimeMs: int32('0+'),
    entries: structs('EntryData', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      entity: structs('EntityData', '0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type AlterClientQuotasResponse = Infer<typeof AlterClientQuotasResponse>
