// The DeleteTopics API (key 20): its request and response.
import { array, type Infer, int16, int32, message, string, structs, uuid } from '../schema.ts'

export const DeleteTopicsRequest = message(
  'DeleteTopicsRequest',
  {
    apiKey: 20,
    type: 'request',
    versions: '1-6',
    removedVersions: '0',
    flexible: '4+',
    listeners: ['broker', 'controller'],
  },
  () => ({
    topics: structs('DeleteTopicState', '6+', {
      name: string('6+', { nullable: '6+', default: null }),
      topicId: uuid('6+'),
    }),
    topicNames: array('string', '0-5', { ignorable: true }),
    timeoutMs: int32('0+'),
  }),
)
export type DeleteTopicsRequest = Infer<typeof DeleteTopicsRequest>

export const DeleteTopicsResponse = message(
  'DeleteTopicsResponse',
  { apiKey: 20, type: 'response', versions: '1-6', removedVersions: '0', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: structs('DeletableTopicResult', '0+', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16('0+'),
      errorMessage: string('5+', { nullable: '5+', default: null, ignorable: true }),
    }),
  }),
)
export type DeleteTopicsResponse = Infer<typeof DeleteTopicsResponse>
