// On which brokers the replicas of new partitions go: striped over racks, and over the brokers of each rack, from a
// random start, so that leaders and replicas spread evenly. A function of the brokers; it knows no topics.
import type { Random } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { BrokerRegistration, MetadataImage } from './image.ts'

/** The brokers of one rack: those that are up stand before those that are not. */
interface Rack {
  readonly unfenced: readonly number[]
  readonly fenced: readonly number[]
}

/** Places the replicas of `count` partitions. Refuses with Kafka's words. */
export function placeReplicas(
  image: MetadataImage,
  count: number,
  replicationFactor: number,
  random: Random,
): readonly (readonly number[])[] {
  const brokers = [...image.brokers.values()].filter(isUsable)
  const unfencedCount = brokers.filter(({ fenced }) => !fenced).length
  checkEnough(brokers.length, unfencedCount, replicationFactor)
  let racks = shuffledRacks(brokers, random)
  return Array.from({ length: count }, (_, partition) => {
    // Once every broker has led, the same assignments would come again.
    const round = partition % unfencedCount
    if (round === 0 && partition > 0 && unfencedCount > 1) racks = shuffledRacks(brokers, random)
    return placeOne(racks, round, replicationFactor)
  })
}

/** A broker takes new replicas unless it is about to go, or all of its directories are cordoned. */
function isUsable({ inControlledShutdown, logDirs, cordonedLogDirs }: BrokerRegistration): boolean {
  if (inControlledShutdown) return false
  if (logDirs.length === 0 || cordonedLogDirs === null) return true
  return logDirs.some((directory) => !cordonedLogDirs.includes(directory))
}

function checkEnough(brokers: number, unfenced: number, replicationFactor: number): void {
  const refuse = (why: string): never => {
    throw new KafkaError('INVALID_REPLICATION_FACTOR', why)
  }
  if (replicationFactor <= 0) {
    refuse(`Invalid replication factor ${replicationFactor}: the replication factor must be positive.`)
  }
  if (unfenced === 0) refuse('All brokers are currently fenced, or have all their log directories cordoned.')
  if (replicationFactor > brokers) {
    refuse(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers} broker(s) are registered or some brokers have all their log directories cordoned.`,
    )
  }
}

function shuffledRacks(brokers: readonly BrokerRegistration[], random: Random): Rack[] {
  const byRack = new Map<string | null, BrokerRegistration[]>()
  for (const broker of brokers) {
    const members = byRack.get(broker.rack)
    if (members === undefined) byRack.set(broker.rack, [broker])
    else members.push(broker)
  }
  const ids = (members: readonly BrokerRegistration[], fenced: boolean): number[] =>
    shuffle(
      members.filter((broker) => broker.fenced === fenced).map(({ brokerId }) => brokerId),
      random,
    )
  const racks = Array.from(byRack.values(), (members) => ({
    unfenced: ids(members, false),
    fenced: ids(members, true),
  }))
  return shuffle(racks, random)
}

/** The leader comes from the first rack that has a broker which is up; its rack gives again when all others have. */
function placeOne(racks: readonly Rack[], round: number, replicationFactor: number): number[] {
  const queues = rotate(racks, round).map(({ unfenced, fenced }) => ({
    canLead: unfenced.length > 0,
    brokers: [...rotate(unfenced, round), ...rotate(fenced, round)],
  }))
  const leading = queues.find(({ canLead }) => canLead)
  const replicas: number[] = []
  const take = (queue: { brokers: number[] } | undefined): void => {
    const brokerId = queue?.brokers.shift()
    if (brokerId !== undefined) replicas.push(brokerId)
  }
  take(leading)
  for (const queue of queues) {
    if (queue !== leading && replicas.length < replicationFactor) take(queue)
  }
  while (replicas.length < replicationFactor) {
    for (const queue of queues) {
      if (replicas.length < replicationFactor) take(queue)
    }
  }
  return replicas
}

function rotate<T>(values: readonly T[], by: number): T[] {
  const start = values.length === 0 ? 0 : by % values.length
  return [...values.slice(start), ...values.slice(0, start)]
}

function shuffle<T>(values: readonly T[], random: Random): T[] {
  const keyed = values.map((value) => ({ value, key: random.next() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
}
