// The AlterReplicaLogDirs API (key 34): its request and response.
import { array, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const AlterReplicaLogDirsRequest = message(
  'AlterReplicaLogDirsRequest',
  { apiKey: 34, type: 'request', versions: '1-2', removedVersions: '0', flexible: '2+', listeners: ['broker'] },
  () => ({
    dirs: structs('AlterReplicaLogDir', '0+', {
      path: string('0+'),
      topics: structs('AlterReplicaLogDirTopic', '0+', {
        name: string('0+'),
        partitions: array('int32', '0+'),
      }),
    }),
  }),
)
export type AlterReplicaLogDirsRequest = Infer<typeof AlterReplicaLogDirsRequest>

export const AlterReplicaLogDirsResponse = message(
  'AlterReplicaLogDirsResponse',
  { apiKey: 34, type: 'response', versions: '1-2', removedVersions: '0', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('AlterReplicaLogDirTopicResult', '0+', {
      topicName: string('0+'),
      partitions: structs('AlterReplicaLogDirPartitionResult', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
)
export type AlterReplicaLogDirsResponse = Infer<typeof AlterReplicaLogDirsResponse>
