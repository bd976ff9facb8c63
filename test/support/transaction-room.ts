// The transaction room for its unit tests: a coordinator on a clock that stands still, over a log in memory, and brokers
// that write down the markers that they get.
import { loadBrokerConfig } from '../../src/config/index.ts'
import { type TestIo, testIo } from '../../src/io/testing.ts'
import { MetadataImage, TRANSACTION_STATE } from '../../src/metadata/index.ts'
import { ProducerIds, TransactionCoordinator, type TxnMarkerResults, type TxnMarkers } from '../../src/txn/index.ts'
import { ErrorCode, type ErrorName } from '../../src/wire/index.ts'
import { MemoryStorage, turn } from './coordinator-storage.ts'

const NODE_ID = 1
const STATE_PARTITIONS = 3
/** Of the producer ids that a restarted broker gives out first. */
const ID_BLOCK = 1000

const topicIds = { [TRANSACTION_STATE]: 'stateofstateofstateofA', red: 'redredredredredredredA' } as const

export const red = (partition: number) => ({ topic: 'red', partition })

function makeImage(transactionVersion: number): MetadataImage {
  const image = new MetadataImage('clusterclusterclusterA', NODE_ID)
  const partitions = { [TRANSACTION_STATE]: STATE_PARTITIONS, red: 4 }
  const feature = { name: 'transaction.version', featureLevel: transactionVersion }
  image.apply([{ type: 'FeatureLevelRecord', version: 0, data: feature }])
  for (const name of [TRANSACTION_STATE, 'red'] as const) {
    const topicId = topicIds[name]
    image.apply([
      { type: 'TopicRecord', version: 0, data: { name, topicId } },
      ...Array.from({ length: partitions[name] }, (_, partitionId) => partitionRecord(topicId, partitionId)),
    ])
  }
  return image
}

function partitionRecord(topicId: string, partitionId: number) {
  const nobody = { removingReplicas: [], addingReplicas: [], eligibleLeaderReplicas: null, lastKnownElr: null }
  const epochs = { leaderRecoveryState: 0, leaderEpoch: 0, partitionEpoch: 0 }
  const ours = { replicas: [NODE_ID], isr: [NODE_ID], leader: NODE_ID, directories: ['directorydirectoryAAAA'] }
  return { type: 'PartitionRecord' as const, version: 1, data: { partitionId, topicId, ...ours, ...epochs, ...nobody } }
}

/** Another leader, or the same one anew: in any case another epoch. */
export function elect(image: MetadataImage, topic: keyof typeof topicIds, leader: number): void {
  const topicId = topicIds[topic]
  const same = { isr: null, replicas: null, removingReplicas: null, addingReplicas: null, leaderRecoveryState: -1 }
  const kept = { directories: null, eligibleLeaderReplicas: null, lastKnownElr: null }
  for (const { partition: partitionId } of image.topicByName(topic)?.partitions ?? []) {
    const data = { partitionId, topicId, leader, ...same, ...kept }
    image.apply([{ type: 'PartitionChangeRecord', version: 2, data }])
  }
}

export function removeTopic(image: MetadataImage, topic: keyof typeof topicIds): void {
  image.apply([{ type: 'RemoveTopicRecord', version: 0, data: { topicId: topicIds[topic] } }])
}

/** A marker that was written, in one line. */
interface WrittenMarker {
  readonly partition: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
}

/** The partitions' leaders: what they answer, and what they have written. */
export class Leaders {
  readonly written: WrittenMarker[] = []
  /** Of the brokers that were asked. */
  readonly asked: number[] = []
  /** What the next markers for a partition are answered, one after the other; NETWORK_EXCEPTION is no answer at all. */
  readonly errors = new Map<string, ErrorName[]>()
  #held: (() => void)[] | undefined

  /** From now on no marker is answered until `release`. */
  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const answer of held) answer()
  }

  async send(broker: number, markers: TxnMarkers): Promise<TxnMarkerResults> {
    this.asked.push(broker)
    if (this.#held !== undefined) await new Promise<void>((resolve) => this.#held?.push(resolve))
    return markers.map((marker) => ({
      producerId: marker.producerId,
      topics: marker.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: ErrorCode[this.#write(marker, `${name}-${partitionIndex}`)],
        })),
      })),
    }))
  }

  #write(marker: TxnMarkers[number], partition: string): ErrorName {
    const error = this.errors.get(partition)?.shift() ?? 'NONE'
    if (error === 'NETWORK_EXCEPTION') throw new Error('the broker is not there')
    const { producerId, producerEpoch, transactionResult: committed, coordinatorEpoch, transactionVersion } = marker
    if (error === 'NONE') {
      this.written.push({ partition, producerId, producerEpoch, committed, coordinatorEpoch, transactionVersion })
    }
    return error
  }
}

export interface TransactionRoom {
  readonly io: TestIo
  readonly storage: MemoryStorage
  readonly image: MetadataImage
  readonly leaders: Leaders
  readonly transactions: TransactionCoordinator
  /** Moves the clock on and lets everything happen that is due. */
  pass(ms: number): Promise<void>
  /** Another coordinator after a crash of this one, over the same log, or another one. */
  restarted(storage?: MemoryStorage): Promise<TransactionRoom>
}

export interface RoomOptions {
  readonly configs?: Readonly<Record<string, string>>
  /** The level of the feature. */
  readonly transactionVersion?: number
}

export async function transactionRoom(options: RoomOptions = {}): Promise<TransactionRoom> {
  const image = makeImage(options.transactionVersion ?? 2)
  return roomOver({ storage: new MemoryStorage(), image, io: testIo(), firstId: 0 }, options)
}

async function roomOver(
  { storage, image, io, firstId }: { storage: MemoryStorage; image: MetadataImage; io: TestIo; firstId: number },
  options: RoomOptions,
): Promise<TransactionRoom> {
  const { clock, log } = io
  const config = loadBrokerConfig({ overrides: options.configs ?? {} })
  const leaders = new Leaders()
  let nextId = firstId
  const producerIds = new ProducerIds(async () => {
    nextId += 1
    return { firstId: nextId - 1, count: 1 }
  })
  const transactions = new TransactionCoordinator({
    storage,
    image,
    nodeId: NODE_ID,
    config: () => config,
    producerIds,
    sendMarkers: (broker, markers) => leaders.send(broker, markers),
    clock,
    log,
  })
  await transactions.start()
  return {
    io,
    storage,
    image,
    leaders,
    transactions,
    async pass(ms) {
      clock.advance(ms)
      await turn()
    },
    async restarted(other = storage) {
      transactions.close()
      const next = { storage: other, image, io: testIo({ seed: 2, nowMs: clock.now() }), firstId: firstId + ID_BLOCK }
      return roomOver(next, options)
    },
  }
}

export const TRANSACTION_TIMEOUT_MS = 60_000

/** A producer of one of the two protocols, which does as it is told. */
export class Producer {
  readonly room: TransactionRoom
  readonly transactionalId: string
  readonly transactionVersion: number
  producerId = -1
  producerEpoch = -1

  constructor(room: TransactionRoom, { id = 'id', transactionVersion = 2 } = {}) {
    this.room = room
    this.transactionalId = id
    this.transactionVersion = transactionVersion
  }

  /** The same producer, which was not told of the broker's crash. */
  at(room: TransactionRoom): Producer {
    const { transactionalId: id, transactionVersion, producerId, producerEpoch } = this
    return Object.assign(new Producer(room, { id, transactionVersion }), { producerId, producerEpoch })
  }

  async init({ expected = false, transactionTimeoutMs = TRANSACTION_TIMEOUT_MS } = {}): Promise<this> {
    const { transactionalId, producerId, producerEpoch } = this
    const given = expected ? { producerId, producerEpoch } : undefined
    const request = { transactionalId, transactionTimeoutMs, expected: given }
    return Object.assign(this, await this.room.transactions.initProducerId(request))
  }

  add(...partitions: number[]): Promise<void> {
    return this.room.transactions.addPartitions(this, partitions.map(red), this.transactionVersion)
  }

  commit(): Promise<{ producerId: number; producerEpoch: number }> {
    return this.#end(true)
  }

  abort(): Promise<{ producerId: number; producerEpoch: number }> {
    return this.#end(false)
  }

  async #end(committed: boolean): Promise<{ producerId: number; producerEpoch: number }> {
    const { transactionalId, producerId, producerEpoch, transactionVersion } = this
    const request = { transactionalId, producerId, producerEpoch, transactionVersion, committed }
    return this.room.transactions.endTransaction(request)
  }

  /** Ends the transaction, and takes what the answer gives for the next one. */
  async finish(committed: boolean): Promise<void> {
    const identity = await this.#end(committed)
    if (this.transactionVersion >= 2) Object.assign(this, identity)
  }

  async state(): Promise<string> {
    return (await this.room.transactions.describe(this.transactionalId)).transactionState
  }
}
