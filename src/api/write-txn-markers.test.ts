// WriteTxnMarkers as Kafka 4.3.1 answers it, over real logs and a real group coordinator.
import { expect, test } from 'vitest'
import { TOPIC, type TransactionalNode, transactionalNode } from '../../test/support/transactional-node.ts'
import { CONSUMER_OFFSETS } from '../metadata/index.ts'
import type { TxnMarkers } from '../txn/index.ts'
import { apis } from '../wire/index.ts'

type Marker = TxnMarkers[number]

const PRODUCER = 7

function marker(partitions: Readonly<Record<string, number[]>>, more: Partial<Marker> = {}): Marker {
  const topics = Object.entries(partitions).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
  const of = { producerId: PRODUCER, producerEpoch: 0, coordinatorEpoch: 0 }
  return { ...of, transactionResult: true, transactionVersion: 0, topics, ...more }
}

/** What became of each marker in each partition, as `producer topic-partition error`. */
async function write(node: TransactionalNode, ...markers: Marker[]): Promise<string[]> {
  const answer = await node.ask(apis.WriteTxnMarkers, 2, { markers })
  return answer.markers.flatMap(({ producerId, topics }) =>
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => `${producerId} ${name}-${partitionIndex} ${errorCode}`),
    ),
  )
}

function endOffset({ replicas }: TransactionalNode, topic: string, partition: number): number | undefined {
  return replicas.get(topic, partition)?.log.logEndOffset
}

test('Each partition that is there gets the marker', async () => {
  const node = await transactionalNode(1)
  expect(await write(node, marker({ [TOPIC]: [0, 9], missing: [0], [CONSUMER_OFFSETS]: [1, 60] }))).toEqual([
    `7 ${TOPIC}-0 NONE`,
    `7 ${TOPIC}-9 UNKNOWN_TOPIC_OR_PARTITION`,
    '7 missing-0 UNKNOWN_TOPIC_OR_PARTITION',
    `7 ${CONSUMER_OFFSETS}-1 NONE`,
    `7 ${CONSUMER_OFFSETS}-60 UNKNOWN_TOPIC_OR_PARTITION`,
  ])
  expect(endOffset(node, TOPIC, 0)).toBe(1)
  expect(endOffset(node, CONSUMER_OFFSETS, 1)).toBe(1)
})

test('Two markers of a producer are told of once', async () => {
  const node = await transactionalNode(2)
  const fenced = marker({ [TOPIC]: [0, 1] }, { producerEpoch: -2 })
  expect(await write(node, marker({ [TOPIC]: [0, 2] }), fenced)).toEqual([
    `7 ${TOPIC}-0 INVALID_PRODUCER_EPOCH`,
    `7 ${TOPIC}-2 NONE`,
    `7 ${TOPIC}-1 INVALID_PRODUCER_EPOCH`,
  ])
})

test.each([
  { producerId: -1, producerEpoch: 0 },
  { producerId: PRODUCER, producerEpoch: -1 },
])('A marker that no batch can hold ends the request where it stands: %j', async (of) => {
  const node = await transactionalNode(3)
  const before = marker({ [TOPIC]: [0] }, { producerId: 8 })
  const after = marker({ [TOPIC]: [2] }, { producerId: 9 })
  expect(await write(node, before, marker({ [TOPIC]: [1, 9] }, of), after)).toEqual([
    `8 ${TOPIC}-0 UNKNOWN_SERVER_ERROR`,
    `${of.producerId} ${TOPIC}-1 UNKNOWN_SERVER_ERROR`,
    `${of.producerId} ${TOPIC}-9 UNKNOWN_SERVER_ERROR`,
    `9 ${TOPIC}-2 UNKNOWN_SERVER_ERROR`,
  ])
  expect([0, 1, 2].map((partition) => endOffset(node, TOPIC, partition))).toEqual([1, 0, 0])
})

test('A marker that no batch can hold harms no other where it is for offsets, or for nothing', async () => {
  const node = await transactionalNode(4)
  const unwritable = marker({ [CONSUMER_OFFSETS]: [0], [TOPIC]: [9] }, { producerEpoch: -1 })
  expect(await write(node, unwritable, marker({ [TOPIC]: [0] }, { producerId: 8 }))).toEqual([
    `7 ${CONSUMER_OFFSETS}-0 UNKNOWN_SERVER_ERROR`,
    `7 ${TOPIC}-9 UNKNOWN_TOPIC_OR_PARTITION`,
    `8 ${TOPIC}-0 NONE`,
  ])
  expect(endOffset(node, CONSUMER_OFFSETS, 0)).toBe(0)
})
