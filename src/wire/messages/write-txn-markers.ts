// The WriteTxnMarkers API (key 27): its request and response.
import { array, bool, type Infer, int8, int16, int32, int64, message, string, structs } from '../schema.ts'

export const WriteTxnMarkersRequest = message(
  'WriteTxnMarkersRequest',
  { apiKey: 27, type: 'request', versions: '1-2', removedVersions: '0', flexible: '1+', listeners: ['broker'] },
  () => ({
    markers: structs('WritableTxnMarker', '0+', {
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      transactionResult: bool('0+'),
      topics: structs('WritableTxnMarkerTopic', '0+', {
        name: string('0+'),
        partitionIndexes: array('int32', '0+'),
      }),
      coordinatorEpoch: int32('0+'),
      transactionVersion: int8('2+', { default: 0, ignorable: true }),
    }),
  }),
)
export type WriteTxnMarkersRequest = Infer<typeof WriteTxnMarkersRequest>

export const WriteTxnMarkersResponse = message(
  'WriteTxnMarkersResponse',
  { apiKey: 27, type: 'response', versions: '1-2', removedVersions: '0', flexible: '1+' },
  () => ({
    markers: structs('WritableTxnMarkerResult', '0+', {
      producerId: int64('0+'),
      topics: structs('WritableTxnMarkerTopicResult', '0+', {
        name: string('0+'),
        partitions: structs('WritableTxnMarkerPartitionResult', '0+', {
          partitionIndex: int32('0+'),
          errorCode: int16('0+'),
        }),
      }),
    }),
  }),
)
export type WriteTxnMarkersResponse = Infer<typeof WriteTxnMarkersResponse>
