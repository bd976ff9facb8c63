// What groups know of topics: their ids and partitions as the metadata image has them, and a hash of all that matters
// to an assignment, kept until the topic changes. One for all shards of a coordinator.
import type { MetadataDelta, MetadataImage, TopicImage } from '../metadata/index.ts'
import { xxh3 } from './xxh3.ts'

/** Of the way in which a topic is hashed. */
const HASH_VERSION = 0

export class GroupTopics {
  readonly #image: MetadataImage
  readonly #hashes = new Map<string, bigint>()

  constructor(image: MetadataImage) {
    this.#image = image
  }

  byName(name: string): TopicImage | undefined {
    return this.#image.topicByName(name)
  }

  byId(topicId: string): TopicImage | undefined {
    return this.#image.topicById(topicId)
  }

  all(): Iterable<TopicImage> {
    return this.#image.topics()
  }

  /** The offset in the metadata log up to which these topics are known. */
  get version(): number {
    return this.#image.endOffset - 1
  }

  /** The names of the topics of which something is different; deleted ones are among them. */
  changed({ topicsCreated, topicsDeleted, partitionsAdded, partitionsChanged }: MetadataDelta): ReadonlySet<string> {
    const names = new Set([...topicsCreated, ...topicsDeleted].map(({ name }) => name))
    for (const { topic } of partitionsAdded) names.add(topic.name)
    for (const { topic } of partitionsChanged) names.add(topic.name)
    for (const name of names) this.#hashes.delete(name)
    return names
  }

  /** Of those of the topics that exist; 0 where none does. */
  hashOf(names: Iterable<string>): bigint {
    const existing = [...names].filter((name) => this.byName(name) !== undefined).sort()
    if (existing.length === 0) return 0n
    const hashes = Buffer.allocUnsafe(8 * existing.length)
    for (const [index, name] of existing.entries()) hashes.writeBigUInt64LE(this.#hashOfTopic(name), 8 * index)
    return xxh3(hashes)
  }

  #hashOfTopic(name: string): bigint {
    const known = this.#hashes.get(name)
    if (known !== undefined) return known
    const topic = this.byName(name)
    const hash = topic === undefined ? 0n : xxh3(this.#identityOf(topic))
    this.#hashes.set(name, hash)
    return hash
  }

  /** All that matters of a topic, laid out as Kafka feeds it to the hash: little endian, strings as UTF-16. */
  #identityOf({ name, topicId, partitions }: TopicImage): Buffer {
    const id = Buffer.from(topicId, 'base64url')
    return Buffer.concat([
      Buffer.of(HASH_VERSION),
      id.subarray(0, 8).reverse(),
      id.subarray(8).reverse(),
      hashedString(name),
      int32(partitions.length),
      ...partitions.flatMap(({ partition, replicas }) => [int32(partition), ...this.#racksOf(replicas)]),
    ])
  }

  #racksOf(replicas: readonly number[]): Buffer[] {
    return replicas
      .map((replica) => this.#image.brokers.get(replica)?.rack ?? null)
      .filter((rack) => rack !== null)
      .sort()
      .flatMap((rack) => [int32(rack.length), hashedString(rack)])
  }
}

function hashedString(text: string): Buffer {
  return Buffer.concat([Buffer.from(text, 'utf16le'), int32(text.length)])
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value)
  return bytes
}
