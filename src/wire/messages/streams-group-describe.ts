// The StreamsGroupDescribe API (key 89): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, struct, structs, uint16 } from '../schema.ts'

export const StreamsGroupDescribeRequest = message(
  'StreamsGroupDescribeRequest',
  { apiKey: 89, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupIds: array('string', '0+'),
    includeAuthorizedOperations: bool('0+'),
  }),
)
export type StreamsGroupDescribeRequest = Infer<typeof StreamsGroupDescribeRequest>

const endpoint = {
  host: string('0+'),
  port: uint16('0+'),
}

const taskOffset = {
  subtopologyId: string('0+'),
  partition: int32('0+'),
  offset: int64('0+'),
}

const taskIds = {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
}

const assignment = {
  activeTasks: structs('TaskIds', '0+', taskIds),
  standbyTasks: structs('TaskIds', '0+', taskIds),
  warmupTasks: structs('TaskIds', '0+', taskIds),
}

const keyValue = {
  key: string('0+'),
  value: string('0+'),
}

const topicInfo = {
  name: string('0+'),
  partitions: int32('0+'),
  replicationFactor: int16('0+'),
  topicConfigs: structs('KeyValue', '0+', keyValue),
}

export const StreamsGroupDescribeResponse = message(
  'StreamsGroupDescribeResponse',
  { apiKey: 89, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    groups: structs('DescribedGroup', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      groupId: string('0+'),
      groupState: string('0+'),
      groupEpoch: int32('0+'),
      assignmentEpoch: int32('0+'),
      topology: struct(
        'Topology',
        '0+',
        {
          epoch: int32('0+'),
          subtopologies: structs(
            'Subtopology',
            '0+',
            {
              subtopologyId: string('0+'),
              sourceTopics: array('string', '0+'),
              repartitionSinkTopics: array('string', '0+'),
              stateChangelogTopics: structs('TopicInfo', '0+', topicInfo),
              repartitionSourceTopics: structs('TopicInfo', '0+', topicInfo),
            },
            { nullable: '0+', default: null },
          ),
        },
        { nullable: '0+', default: null },
      ),
      members: structs('Member', '0+', {
        memberId: string('0+'),
        memberEpoch: int32('0+'),
        instanceId: string('0+', { nullable: '0+', default: null }),
        rackId: string('0+', { nullable: '0+', default: null }),
        clientId: string('0+'),
        clientHost: string('0+'),
        topologyEpoch: int32('0+'),
        processId: string('0+'),
        userEndpoint: struct('Endpoint', '0+', endpoint, { nullable: '0+', default: null }),
        clientTags: structs('KeyValue', '0+', keyValue),
        taskOffsets: structs('TaskOffset', '0+', taskOffset),
        taskEndOffsets: structs('TaskOffset', '0+', taskOffset),
        assignment: struct('Assignment', '0+', assignment),
        targetAssignment: struct('Assignment', '0+', assignment),
        isClassic: bool('0+'),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
)
export type StreamsGroupDescribeResponse = Infer<typeof StreamsGroupDescribeResponse>
