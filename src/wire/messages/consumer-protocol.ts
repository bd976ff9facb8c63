// What classic consumers put into JoinGroup and SyncGroup: subscription and assignment.
import { array, bytes, type Infer, int32, message, string, structs } from '../schema.ts'

export const ConsumerProtocolAssignment = message(
  'ConsumerProtocolAssignment',
  { type: 'data', versions: '0-3', flexible: 'none' },
  () => ({
    assignedPartitions: structs('TopicPartition', '0+', {
      topic: string('0+'),
      partitions: array('int32', '0+'),
    }),
    userData: bytes('0+', { nullable: '0+', default: null }),
  }),
)
export type ConsumerProtocolAssignment = Infer<typeof ConsumerProtocolAssignment>

export const ConsumerProtocolSubscription = message(
  'ConsumerProtocolSubscription',
  { type: 'data', versions: '0-3', flexible: 'none' },
  () => ({
    topics: array('string', '0+'),
    userData: bytes('0+', { nullable: '0+', default: null }),
    ownedPartitions: structs(
      'TopicPartition',
      '1+',
      {
        topic: string('1+'),
        partitions: array('int32', '1+'),
      },
      { ignorable: true },
    ),
    generationId: int32('2+', { default: -1, ignorable: true }),
    rackId: string('3+', { nullable: '3+', default: null, ignorable: true }),
  }),
)
export type ConsumerProtocolSubscription = Infer<typeof ConsumerProtocolSubscription>
