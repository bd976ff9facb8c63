// A broker without its server, for tests of transactions: the real logs on a disk in memory, the real coordinators, a
// clock that stands still, and handlers that are called as the dispatcher calls them. It can be made to fail at a write,
// and be started again over what that has left.
import { addOffsetsToTxnApi } from '../../src/api/add-offsets-to-txn.ts'
import { addPartitionsToTxnApi } from '../../src/api/add-partitions-to-txn.ts'
import { endTxnApi } from '../../src/api/end-txn.ts'
import type { ApiHandler } from '../../src/api/handler.ts'
import { initProducerIdApi } from '../../src/api/init-producer-id.ts'
import { listTransactionsApi } from '../../src/api/list-transactions.ts'
import { offsetFetchApi } from '../../src/api/offset-fetch.ts'
import { produceApi } from '../../src/api/produce.ts'
import { txnOffsetCommitApi } from '../../src/api/txn-offset-commit.ts'
import { writeTxnMarkers, writeTxnMarkersApi } from '../../src/api/write-txn-markers.ts'
import { consumerOffsetsStorage, GroupCoordinator } from '../../src/group/index.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../../src/io/index.ts'
import { type TestIo, testIo } from '../../src/io/testing.ts'
import { LogManager, openDirectories } from '../../src/log/index.ts'
import { automaticTopic, CONSUMER_OFFSETS, MemoryJournal, TRANSACTION_STATE } from '../../src/metadata/index.ts'
import { reopened, startedNode } from '../../src/metadata/testing.ts'
import { ReplicaManager } from '../../src/replica/index.ts'
import { ProducerIds, TransactionCoordinator, transactionStateStorage } from '../../src/txn/index.ts'
import { type Draft, decode, ErrorCode, encode, type Infer, KafkaError, type Message } from '../../src/wire/index.ts'
import { turn } from './coordinator-storage.ts'
import { type Readable, readable } from './readable.ts'

const NODE_ID = 1
const DATA = '/data'
export const TOPIC = 'topic'
export const PARTITIONS = 3

const overrides = {
  'log.dirs': DATA,
  'transaction.state.log.num.partitions': '2',
  'offsets.topic.num.partitions': '2',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
}

const connection = {
  id: 'c',
  listenerName: 'PLAINTEXT',
  clientHost: '/127.0.0.1',
  clientPort: 1,
  clientSoftware: undefined,
}

interface ApiSchemas {
  readonly key: number
  readonly request: Message
  readonly response: Message
}

/** There is no answer, and whether the request was taken is unknown. */
export class BrokerCrashed extends Error {}

export interface TransactionalNode {
  readonly io: TestIo
  readonly replicas: ReplicaManager
  /** Asks as a client; rejects with BrokerCrashed where the node goes down before it has answered. */
  ask<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>): Promise<Readable<Infer<A['response']>>>
  /** The disk takes this many more writes, the last of them in part, and then no more. */
  failAfter(writes: number, tornAfterBytes: number): void
  readonly hasFailed: boolean
  /** The next markers, this many of them, find their partitions out of reach. */
  refuseMarkers(count: number): void
  /** The node is gone at once; gives the next one over what is on the disk. */
  restart(): Promise<TransactionalNode>
}

export async function transactionalNode(seed: number): Promise<TransactionalNode> {
  return start({ disk: new MemoryFileSystem(), journal: new MemoryJournal(), seed, nowMs: 1_700_000_000_000 })
}

interface Remains {
  readonly disk: MemoryFileSystem
  readonly journal: MemoryJournal
  readonly seed: number
  readonly nowMs: number
}

async function start({ disk, journal, seed, nowMs }: Remains): Promise<TransactionalNode> {
  const fs = new FaultyFileSystem(disk)
  const io = testIo({ seed, nowMs, fs })
  const { clock, random, log } = io
  const { controller, image, config } = await startedNode({ journal, overrides })
  const { directories } = openDirectories(io, [DATA], { nodeId: NODE_ID, newClusterId: 'cluster' })
  const logs = new LogManager({
    io,
    directories,
    config: () => config.broker,
    topicConfig: (topic) => config.topic(topic),
    onDirectoryFailure: () => undefined,
  })
  logs.load((topic, partition) => image.partition(topic, partition) !== undefined)
  const replicas = new ReplicaManager({
    brokerId: NODE_ID,
    image,
    logs,
    config,
    transactions: {
      addOrVerify: (write) => transactions.addOrVerify(write),
      awaitEnd: (transactionalId, maxMs) => transactions.awaitEnd(transactionalId, maxMs),
    },
    clock,
    log,
  })
  const groups = new GroupCoordinator({
    storage: consumerOffsetsStorage({ log: replicas, clock, config }),
    image,
    nodeId: NODE_ID,
    config: () => config.broker,
    clock,
    random,
    log,
  })
  let unreachable = 0
  const reachable = <T extends { readonly partitionIndexes: readonly number[] }>(topic: T): T => ({
    ...topic,
    partitionIndexes: topic.partitionIndexes.filter(() => unreachable-- <= 0),
  })
  const producerIds = new ProducerIds(() => controller.allocateProducerIds(NODE_ID))
  const transactions = new TransactionCoordinator({
    storage: transactionStateStorage({ log: replicas, clock, config }),
    image,
    nodeId: NODE_ID,
    config: () => config.broker,
    producerIds,
    sendMarkers: async (_broker, markers) => {
      const inReach = markers.map((marker) => ({ ...marker, topics: marker.topics.map(reachable) }))
      return writeTxnMarkers({ replicas, groups, now: () => clock.now() }, inReach)
    },
    clock,
    log,
  })
  if (image.topicByName(TOPIC) === undefined) {
    const internal = [TRANSACTION_STATE, CONSUMER_OFFSETS].map((name) => ({
      name,
      ...automaticTopic(name, config.broker),
    }))
    const results = await controller.createTopics([
      { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, configs: [] },
      ...internal,
    ])
    for (const { name, errorCode } of results)
      if (errorCode !== ErrorCode.NONE) throw new Error(`${name}: ${errorCode}`)
  }
  await Promise.all([groups.start(), transactions.start()])

  const handlers = new Map<number, ApiHandler>(
    [
      produceApi({ replicas, image }),
      initProducerIdApi({ producerIds, transactions }),
      addPartitionsToTxnApi({ transactions, image }),
      addOffsetsToTxnApi({ transactions, groups }),
      endTxnApi({ transactions }),
      txnOffsetCommitApi({ groups, replicas, image }),
      listTransactionsApi({ transactions }),
      offsetFetchApi({ groups, image }),
      writeTxnMarkersApi({ replicas, groups, now: () => clock.now() }),
    ].map((handler) => [handler.api.key, handler]),
  )
  let crash: (error: BrokerCrashed) => void = () => undefined
  const crashed = new Promise<never>((_resolve, reject) => {
    crash = reject
  })
  crashed.catch(() => undefined)
  let hasFailed = false

  async function answer(api: ApiSchemas, version: number, body: object): Promise<object> {
    const handler = handlers.get(api.key) as ApiHandler
    const context = { apiVersion: version, correlationId: 1, clientId: 'client', connection }
    const request = decode(api.request, version, encode(api.request, version, body as never))
    try {
      return (await handler.handle(context, request)) as object
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return handler.fail(context, request, error.code, error.errorMessage) as object
    }
  }

  return {
    io,
    replicas,
    async ask<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>) {
      const response = await Promise.race([answer(api, version, body), crashed])
      // What a disk that is gone makes of an answer reaches no one.
      if (hasFailed) throw new BrokerCrashed()
      const decoded = decode(api.response, version, encode(api.response, version, response as never))
      return readable(decoded as Infer<A['response']>)
    },
    failAfter(writes, tornAfterBytes) {
      let left = writes
      fs.decide = ({ operation }) => {
        if (!hasFailed && (operation !== 'write' || --left > 0)) return undefined
        const torn = hasFailed ? 0 : tornAfterBytes
        hasFailed = true
        return operation === 'write' ? { code: 'EIO', tornAfterBytes: torn } : { code: 'EIO' }
      }
    },
    get hasFailed() {
      return hasFailed
    },
    refuseMarkers(count) {
      unreachable = count
    },
    async restart() {
      hasFailed = true
      fs.decide = () => ({ code: 'EIO' })
      crash(new BrokerCrashed())
      transactions.close()
      groups.close()
      await turn()
      const copy = new MemoryFileSystem()
      copyTree(disk, copy, DATA)
      return start({ disk: copy, journal: reopened(journal), seed: seed + 1, nowMs: clock.now() })
    },
  }
}
