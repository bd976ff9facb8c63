// The DescribeLogDirs API (key 35): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const DescribeLogDirsRequest = message(
  'DescribeLogDirsRequest',
  { apiKey: 35, type: 'request', versions: '1-5', removedVersions: '0', flexible: '2+', listeners: ['broker'] },
  () => ({
    topics: structs(
      'DescribableLogDirTopic',
      '0+',
      {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      },
      { nullable: '0+' },
    ),
  }),
)
export type DescribeLogDirsRequest = Infer<typeof DescribeLogDirsRequest>

export const DescribeLogDirsResponse = message(
  'DescribeLogDirsResponse',
  { apiKey: 35, type: 'response', versions: '1-5', removedVersions: '0', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('3+', { ignorable: true }),
    results: structs('DescribeLogDirsResult', '0+', {
      errorCode: int16('0+'),
      logDir: string('0+'),
      topics: structs('DescribeLogDirsTopic', '0+', {
        name: string('0+'),
        partitions: structs('DescribeLogDirsPartition', '0+', {
          partitionIndex: int32('0+'),
          partitionSize: int64('0+'),
          offsetLag: int64('0+'),
          isFutureKey: bool('0+'),
        }),
      }),
      totalBytes: int64('4+', { default: -1, ignorable: true }),
      usableBytes: int64('4+', { default: -1, ignorable: true }),
      isCordoned: bool('5+', { default: false, ignorable: true }),
    }),
  }),
)
export type DescribeLogDirsResponse = Infer<typeof DescribeLogDirsResponse>
