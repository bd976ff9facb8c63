// A nullable struct in a tagged field: Kafka marks its presence with a varint there, and everywhere else with a byte.
import { expect, test } from 'vitest'
import { ConsumerGroupMemberMetadataValue, decode, encode } from './index.ts'

const member = {
  instanceId: null,
  rackId: null,
  clientId: 'c',
  clientHost: '/h',
  subscribedTopicNames: ['t'],
  subscribedTopicRegex: '',
  rebalanceTimeoutMs: 1,
  serverAssignor: null,
}
const protocols = [{ name: 'range', metadata: Buffer.from([1, 2]) }]

// As Kafka 4.3.1 writes them, without the prefix.
test.each([
  ['null', null, '00000263032f6802027401000000010001000100'],
  ['the default', { sessionTimeoutMs: 0, supportedProtocols: [] }, '00000263032f6802027401000000010000'],
  [
    'a value',
    { sessionTimeoutMs: 45_000, supportedProtocols: protocols },
    '00000263032f68020274010000000100010011010000afc8020672616e67650301020000',
  ],
])('%s is written and read as Kafka does', (_what, classicMemberMetadata, hex) => {
  const value = { ...member, classicMemberMetadata }
  expect(encode(ConsumerGroupMemberMetadataValue, 0, value).toString('hex')).toBe(hex)
  expect(decode(ConsumerGroupMemberMetadataValue, 0, Buffer.from(hex, 'hex'))).toEqual(value)
})
