// The ControlledShutdown API (key 7): its request and response.
import { type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const ControlledShutdownRequest = message(
  'ControlledShutdownRequest',
  {
    apiKey: 7,
    type: 'request',
    versions: 'none',
    removedVersions: '0-3',
    flexible: '3+',
    listeners: ['zkBroker', 'controller'],
  },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
  }),
)
export type ControlledShutdownRequest = Infer<typeof ControlledShutdownRequest>

export const ControlledShutdownResponse = message(
  'ControlledShutdownResponse',
  { apiKey: 7, type: 'response', versions: 'none', removedVersions: '0-3', flexible: '3+' },
  () => ({
    errorCode: int16('0+'),
    remainingPartitions: structs('RemainingPartition', '0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
    }),
  }),
)
export type ControlledShutdownResponse = Infer<typeof ControlledShutdownResponse>
