// The CreateTopics API (key 19): its request and response.
import { array, bool, type Infer, int8, int16, int32, message, string, structs, uuid } from '../schema.ts'

export const CreateTopicsRequest = message(
  'CreateTopicsRequest',
  {
    apiKey: 19,
    type: 'request',
    versions: '2-7',
    removedVersions: '0-1',
    flexible: '5+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    topics: structs('CreatableTopic', '0+', {
      name: string('0+'),
      numPartitions: int32('0+'),
      replicationFactor: int16('0+'),
      assignments: structs('CreatableReplicaAssignment', '0+', {
        partitionIndex: int32('0+'),
        brokerIds: array('int32', '0+'),
      }),
      configs: structs('CreatableTopicConfig', '0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+', { default: false }),
  }),
)
export type CreateTopicsRequest = Infer<typeof CreateTopicsRequest>

export const CreateTopicsResponse = message(
  'CreateTopicsResponse',
  { apiKey: 19, type: 'response', versions: '2-7', removedVersions: '0-1', flexible: '5+' },
  () => ({
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('CreatableTopicResult', '0+', {
      name: string('0+'),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16('0+'),
      errorMessage: string('1+', { nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16('5+', { tag: 0, tagged: '5+', ignorable: true }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: structs(
        'CreatableTopicConfigs',
        '5+',
        {
          name: string('5+'),
          value: string('5+', { nullable: '5+' }),
          readOnly: bool('5+'),
          configSource: int8('5+', { default: -1, ignorable: true }),
          isSensitive: bool('5+'),
        },
        { nullable: '5+', ignorable: true },
      ),
    }),
  }),
)
export type CreateTopicsResponse = Infer<typeof CreateTopicsResponse>
