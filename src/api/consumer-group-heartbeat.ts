// ConsumerGroupHeartbeat, key 68: a consumer joins a consumer group, says what it subscribes to and what it has, is told
// what to have, and leaves (KIP-848). Everything between consumer and coordinator is in this one request.
//
// v1 subscribedTopicRegex, resolved by the broker; the consumer makes up its member id (KIP-1082)
import type { GroupCoordinator } from '../group/index.ts'
import { apis, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { type ConsumerProtocolGate, servesConsumerGroups } from './support/consumer-protocol-gate.ts'

export function consumerGroupHeartbeatApi(rooms: { groups: GroupCoordinator } & ConsumerProtocolGate): ApiHandler {
  return defineApi(
    apis.ConsumerGroupHeartbeat,
    { min: 0, max: 1 },
    ({ apiVersion, clientId, connection: { clientHost } }, request) => {
      if (!servesConsumerGroups(rooms)) throw new KafkaError('UNSUPPORTED_VERSION')
      return rooms.groups.consumerGroupHeartbeat({ apiVersion, clientId, clientHost }, request)
    },
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
