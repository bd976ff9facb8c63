// The AssignReplicasToDirs API (key 73): its request and response.
import { type Infer, int16, int32, int64, message, structs, uuid } from '../schema.ts'

export const AssignReplicasToDirsRequest = message(
  'AssignReplicasToDirsRequest',
  { apiKey: 73, type: 'request', versions: '0', flexible: '0+', listeners: ['controller'] },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    directories: structs('DirectoryData', '0+', {
      id: uuid('0+'),
      topics: structs('TopicData', '0+', {
        topicId: uuid('0+'),
        partitions: structs('PartitionData', '0+', {
          partitionIndex: int32('0+'),
        }),
      }),
    }),
  }),
)
export type AssignReplicasToDirsRequest = Infer<typeof AssignReplicasToDirsRequest>

export const AssignReplicasToDirsResponse = message(
  'AssignReplicasToDirsResponse',
  { apiKey: 73, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    directories: structs('DirectoryData', '0+', {
      id: uuid('0+'),
      topics: structs('TopicData', '0+', {
        topicId: uuid('0+'),
        partitions: structs('PartitionData', '0+', {
          partitionIndex: int32('0+'),
          errorCode: int16('0+'),
        }),
      }),
    }),
  }),
)
export type AssignReplicasToDirsResponse = Infer<typeof AssignReplicasToDirsResponse>
