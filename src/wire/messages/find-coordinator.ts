// The FindCoordinator API (key 10): its request and response.
import { array, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const FindCoordinatorRequest = message(
  'FindCoordinatorRequest',
  { apiKey: 10, type: 'request', versions: '0-6', flexible: '3+', listeners: ['broker'] },
  () => ({
    key: string('0-3'),
    keyType: int8('1+', { default: 0 }),
    coordinatorKeys: array('string', '4+'),
  }),
)
export type FindCoordinatorRequest = Infer<typeof FindCoordinatorRequest>

export const FindCoordinatorResponse = message(
  'FindCoordinatorResponse',
  { apiKey: 10, type: 'response', versions: '0-6', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0-3'),
    errorMessage: string('1-3', { nullable: '1-3', ignorable: true }),
    nodeId: int32('0-3'),
    host: string('0-3'),
    port: int32('0-3'),
    coordinators: structs('Coordinator', '4+', {
      key: string('4+'),
      nodeId: int32('4+'),
      host: string('4+'),
      port: int32('4+'),
      errorCode: int16('4+'),
      errorMessage: string('4+', { nullable: '4+', ignorable: true }),
    }),
  }),
)
export type FindCoordinatorResponse = Infer<typeof FindCoordinatorResponse>
