// The ControllerRegistration API (key 70): its request and response.
import { bool, type Infer, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts'

export const ControllerRegistrationRequest = message(
  'ControllerRegistrationRequest',
  { apiKey: 70, type: 'request', versions: '0', flexible: '0+', listeners: ['controller'] },
  () => ({
    controllerId: int32('0+'),
    incarnationId: uuid('0+'),
    zkMigrationReady: bool('0+'),
    listeners: structs('Listener', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
      securityProtocol: int16('0+'),
    }),
    features: structs('Feature', '0+', {
      name: string('0+'),
      minSupportedVersion: int16('0+'),
      maxSupportedVersion: int16('0+'),
    }),
  }),
)
export type ControllerRegistrationRequest = Infer<typeof ControllerRegistrationRequest>

export const ControllerRegistrationResponse = message(
  'ControllerRegistrationResponse',
  { apiKey: 70, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  }),
)
export type ControllerRegistrationResponse = Infer<typeof ControllerRegistrationResponse>
