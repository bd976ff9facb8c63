// Client metrics (KIP-714): tells a client which metrics it shall push, from the subscriptions that match it, and hands
// what it pushes to a receiver. Owns what is known of each client, by the instance id that it was given; a client that
// went silent or away is forgotten.
import type { BrokerConfig } from '../config/index.ts'
import type { Clock, Logger, Random, Timer } from '../io/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { EMPTY_UUID, KafkaError } from '../wire/index.ts'
import { compressionName, compressionNames, decompress } from '../wire/records/index.ts'
import { type Subscription, Subscriptions, subscriptionFor, type TelemetryClient } from './subscriptions.ts'

export type { TelemetryClient } from './subscriptions.ts'

/** What a client pushed. */
export interface ClientTelemetry {
  readonly clientInstanceId: string
  /** It is about to go: this is its last push. */
  readonly isTerminating: boolean
  /** The format of `data`. */
  readonly contentType: 'OTLP'
  /** OpenTelemetry's MetricsData, as a serialized protobuf message. */
  readonly data: Buffer
  readonly pushIntervalMs: number
  readonly client: TelemetryClient
}

/** Takes what clients push. What it throws is told to the client as INVALID_RECORD. */
export type TelemetryReceiver = (telemetry: ClientTelemetry) => void

export interface ClientMetricsRooms {
  readonly image: MetadataImage
  readonly config: () => BrokerConfig
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Without one, clients are not told that they could push. */
  readonly receiver: TelemetryReceiver | undefined
}

export interface Push {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

export interface Told extends Subscription {
  readonly clientInstanceId: string
  readonly telemetryMaxBytes: number
}

const MAX_INSTANCES = 16_384
const LEAST_EXPIRY_MS = 60_000
const INTERVALS_UNTIL_EXPIRY = 3
/** Kafka's own topic of metadata has this id. */
const RESERVED: ReadonlySet<string> = new Set([EMPTY_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ'])

/** A client of which something is known. */
class ClientInstance {
  readonly client: TelemetryClient
  readonly subscription: Subscription
  /** How often the subscriptions had changed when this one was found. */
  readonly subscriptionsVersion: number
  lastGetMs = 0
  lastPushMs = 0
  isTerminating = false
  /** What it was last answered, where that lets it ask again at once. */
  mayAskAgain = false
  expiry: Timer | undefined

  constructor(client: TelemetryClient, subscription: Subscription, subscriptionsVersion: number) {
    this.client = client
    this.subscription = subscription
    this.subscriptionsVersion = subscriptionsVersion
  }

  /** Whether it may ask for its subscription now: an interval after it last did anything. */
  takeGet(now: number): boolean {
    if (now - Math.max(this.lastGetMs, this.lastPushMs) < this.subscription.pushIntervalMs) return false
    this.lastGetMs = now
    return true
  }

  /** Whether it may push now: an interval after it last did, or first after it asked, since clients spread that push. */
  takePush(now: number): boolean {
    const isFirst = this.lastGetMs > this.lastPushMs
    if (!isFirst && now - this.lastPushMs < this.subscription.pushIntervalMs) return false
    this.lastPushMs = now
    return true
  }
}

export class ClientMetrics {
  readonly #rooms: ClientMetricsRooms
  readonly #subscriptions: Subscriptions
  /** The one used last stands last. */
  readonly #instances = new Map<string, ClientInstance>()
  readonly #instanceOfConnection = new Map<string, string>()

  constructor(rooms: ClientMetricsRooms) {
    this.#rooms = rooms
    this.#subscriptions = new Subscriptions(rooms.image)
  }

  get hasReceiver(): boolean {
    return this.#rooms.receiver !== undefined
  }

  /** What the client shall push; it gets an instance id where it has none. Throws THROTTLING_QUOTA_EXCEEDED. */
  get(clientInstanceId: string, client: TelemetryClient): Told {
    const now = this.#rooms.clock.now()
    const id = clientInstanceId === EMPTY_UUID ? this.#rooms.random.uuid() : clientInstanceId
    const instance = this.#instance(id, client)
    if (!instance.takeGet(now) && !instance.mayAskAgain) throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
    instance.mayAskAgain = false
    return { ...instance.subscription, clientInstanceId: id, telemetryMaxBytes: this.#maxBytes }
  }

  /** Takes what the client pushes. Throws KafkaError. */
  push(push: Push, client: TelemetryClient): void {
    if (RESERVED.has(push.clientInstanceId)) throw new KafkaError('INVALID_REQUEST')
    const instance = this.#instance(push.clientInstanceId, client)
    try {
      this.#check(instance, push)
    } finally {
      instance.isTerminating = push.terminating
    }
    instance.mayAskAgain = false
    if (push.metrics.length > 0) this.#receive(instance, push, client)
  }

  #check(instance: ClientInstance, push: Push): void {
    instance.mayAskAgain = false
    if (instance.isTerminating) throw new KafkaError('INVALID_REQUEST')
    const isInTime = instance.takePush(this.#rooms.clock.now())
    if (!isInTime && !push.terminating) throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
    if (push.subscriptionId !== instance.subscription.subscriptionId) {
      instance.mayAskAgain = true
      throw new KafkaError('UNKNOWN_SUBSCRIPTION_ID')
    }
    if (compressionNames[push.compressionType] === undefined) {
      instance.mayAskAgain = true
      throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
    }
    if (push.metrics.length > this.#maxBytes) throw new KafkaError('TELEMETRY_TOO_LARGE')
  }

  #receive({ subscription }: ClientInstance, push: Push, client: TelemetryClient): void {
    const { clientInstanceId, terminating: isTerminating, compressionType, metrics } = push
    const { pushIntervalMs } = subscription
    const { receiver, log } = this.#rooms
    try {
      const data = decompress(compressionName(compressionType), metrics, this.#maxBytes)
      receiver?.({ clientInstanceId, isTerminating, contentType: 'OTLP', data, pushIntervalMs, client })
    } catch (error) {
      log.error({ clientInstanceId, err: error }, 'the metrics that a client pushed could not be received')
      throw new KafkaError('INVALID_RECORD')
    }
  }

  get #maxBytes(): number {
    return this.#rooms.config().get('telemetry.max.bytes')
  }

  /** What is known of the client, found anew where the subscriptions have changed. It lives on from now. */
  #instance(id: string, client: TelemetryClient): ClientInstance {
    let instance = this.#instances.get(id)
    if (instance === undefined || instance.subscriptionsVersion < this.#subscriptions.version) {
      // Who it is was settled when it was first seen.
      instance = this.#create(id, instance?.client ?? client, client.connectionId)
    }
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    this.#removeEldest()
    const { pushIntervalMs } = instance.subscription
    const delayMs = Math.max(LEAST_EXPIRY_MS, pushIntervalMs * INTERVALS_UNTIL_EXPIRY)
    instance.expiry?.cancel()
    instance.expiry = this.#rooms.clock.setTimer(delayMs, () => this.#forget(id, client.connectionId))
    return instance
  }

  #create(id: string, client: TelemetryClient, connectionId: string): ClientInstance {
    this.#instances.get(id)?.expiry?.cancel()
    this.#instanceOfConnection.set(connectionId, id)
    const subscription = subscriptionFor(this.#subscriptions.all(), id, client)
    return new ClientInstance(client, subscription, this.#subscriptions.version)
  }

  #removeEldest(): void {
    const [eldest] = this.#instances.keys()
    if (this.#instances.size <= MAX_INSTANCES || eldest === undefined) return
    this.#instances.get(eldest)?.expiry?.cancel()
    this.#instances.delete(eldest)
  }

  #forget(id: string, connectionId: string): void {
    this.#instances.get(id)?.expiry?.cancel()
    this.#instances.delete(id)
    this.#instanceOfConnection.delete(connectionId)
  }

  /** The connection is gone, and whoever came over it. */
  onDisconnect(connectionId: string): void {
    const id = this.#instanceOfConnection.get(connectionId)
    if (id !== undefined) this.#forget(id, connectionId)
  }

  close(): void {
    for (const { expiry } of this.#instances.values()) expiry?.cancel()
    this.#instances.clear()
  }
}
