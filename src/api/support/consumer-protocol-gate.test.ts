// When consumers may use the protocol of KIP-848, and what they are told where they may not.
import { expect, test } from 'vitest'
import { type GroupRoom, groupRoom } from '../../../test/support/group-room.ts'
import { loadBrokerConfig } from '../../config/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { consumerGroupDescribeApi } from '../consumer-group-describe.ts'
import { consumerGroupHeartbeatApi } from '../consumer-group-heartbeat.ts'
import type { RequestContext } from '../handler.ts'

const connection = {
  id: '1',
  listenerName: 'PLAINTEXT',
  clientHost: '/127.0.0.1',
  clientPort: 1,
  clientSoftware: undefined,
}
const context: RequestContext = { apiVersion: 1, correlationId: 0, clientId: 'client', connection }
const joining = {
  groupId: 'g',
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 5000,
  subscribedTopicNames: ['red'],
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: [],
}

async function heartbeat({ groups, image }: GroupRoom, configs: Record<string, string> = {}): Promise<string> {
  const config = loadBrokerConfig({ overrides: configs })
  const handler = consumerGroupHeartbeatApi({ groups, image, config: () => config })
  try {
    await handler.handle(context, joining)
    return 'NONE'
  } catch (error) {
    if (error instanceof KafkaError) return error.codeName
    throw error
  }
}

function setLevel({ image }: GroupRoom, featureLevel: number): void {
  image.apply([{ type: 'FeatureLevelRecord', version: 0, data: { name: 'group.version', featureLevel } }])
}

test('Consumers may use it where the cluster has it, and the broker offers it', async () => {
  const room = await groupRoom()
  expect(await heartbeat(room)).toBe('NONE')
  const classicOnly = { 'group.coordinator.rebalance.protocols': 'classic' }
  expect(await heartbeat(room, classicOnly)).toBe('UNSUPPORTED_VERSION')
  setLevel(room, 0)
  expect(await heartbeat(room)).toBe('UNSUPPORTED_VERSION')
  setLevel(room, 1)
  expect(await heartbeat(room)).toBe('NONE')
})

test('Groups are not described where consumers may not use it', async () => {
  const room = await groupRoom()
  const config = loadBrokerConfig({})
  const { groups, image } = room
  const handler = consumerGroupDescribeApi({ groups, image, config: () => config })
  const request = { groupIds: ['g', 'h'], includeAuthorizedOperations: false }
  const codesOf = (response: unknown) =>
    (response as { groups: { groupId: string; errorCode: number }[] }).groups.map(({ errorCode }) => errorCode)
  const unknown = ErrorCode.GROUP_ID_NOT_FOUND
  expect(codesOf(await handler.handle(context, request))).toEqual([unknown, unknown])
  setLevel(room, 0)
  await expect(handler.handle(context, request)).rejects.toMatchObject({ codeName: 'UNSUPPORTED_VERSION' })
  const unsupported = ErrorCode.UNSUPPORTED_VERSION
  expect(codesOf(handler.fail(context, request, unsupported, null))).toEqual([unsupported, unsupported])
})
