// Every config of a topic acts when it is altered while the topic is in use, on Apache Kafka and on Odradek: what is seen
// of the records and of the files changes with it. Those that nothing can be seen of on one node are named with the reason.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { Batch, encodeBatch } from '../../src/wire/records/index.ts'
import { eventually } from '../support/eventually.ts'
import { seeded } from '../support/random.ts'
import { startOdradekTarget, type Target } from '../support/target.ts'
import { only, TestBroker } from '../support/test-broker.ts'
import { startKafka } from './kafka.ts'

const HOUR_MS = 3_600_000
const [TOPIC, SET] = [2, 0]
const FACTS = new URL('../facts/topic-configs.json', import.meta.url)

const brokerConfigs = {
  'log.cleaner.backoff.ms': '100',
  'log.flush.offset.checkpoint.interval.ms': '100',
  'log.flush.scheduler.interval.ms': '100',
  'log.initial.task.delay.ms': '100',
  'log.retention.check.interval.ms': '100',
}

type Configs = Readonly<Record<string, string>>

/** One topic in use, and what can be seen of it. */
class Live {
  readonly broker: TestBroker
  readonly name: string
  readonly #directory: string
  readonly #logDir: string

  constructor(broker: TestBroker, name: string, logDir: string) {
    this.broker = broker
    this.name = name
    this.#logDir = logDir
    this.#directory = join(logDir, `${name}-0`)
  }

  async alter(configs: Configs): Promise<string> {
    const changes = Object.entries(configs).map(([name, value]) => ({ name, configOperation: SET, value }))
    const resources = [{ resourceType: TOPIC, resourceName: this.name, configs: changes }]
    const { responses } = await this.broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
    return only(responses).errorCode
  }

  /** That nothing is so before the change, and that it comes to be so after it. */
  async becomes(configs: Configs, isSo: () => Promise<boolean>): Promise<void> {
    expect(await isSo(), 'before the change').toBe(false)
    expect(await this.alter(configs)).toBe('NONE')
    await eventually(`${this.name} with ${JSON.stringify(configs)}`, isSo)
  }

  /** One record, of an hour ago unless told otherwise; gives the error. */
  async put(key: string | null, value: string | null, timestamp = Date.now() - HOUR_MS): Promise<string> {
    const [keyBytes, valueBytes] = [key, value].map((text) => (text === null ? null : Buffer.from(text)))
    const records = encodeBatch({ records: [{ timestamp, key: keyBytes ?? null, value: valueBytes ?? null }] })
    return (await this.broker.produce(this.name, records)).errorCode
  }

  async contents(): Promise<(readonly [key: string, value: string | null])[]> {
    const records = await this.broker.records(this.name, await this.startOffset())
    return records.map(({ key, value }) => [String(key), value === null ? null : String(value)])
  }

  async startOffset(): Promise<number> {
    const topics = [{ name: this.name, partitions: [{ partitionIndex: 0, timestamp: -2 }] }]
    const answer = await this.broker.ask(apis.ListOffsets, 7, { replicaId: -1, topics })
    return only(only(answer.topics).partitions).offset
  }

  async deleteUpTo(offset: number): Promise<void> {
    const topics = [{ name: this.name, partitions: [{ partitionIndex: 0, offset }] }]
    const answer = await this.broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    expect(only(only(answer.topics).partitions).errorCode).toBe('NONE')
  }

  /** The last batch of the log, as it is stored. */
  async lastBatch(): Promise<Buffer> {
    const { records } = await this.broker.fetch(this.name, (await this.broker.endOffset(this.name)) - 1)
    const bytes = records ?? Buffer.alloc(0)
    return bytes.subarray([...Batch.positions(bytes)].at(-1) ?? 0)
  }

  /** The files with this ending, in order. */
  files(ending: string): string[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith(ending))
      .sort()
  }

  sizeOf(file: string): number {
    return statSync(join(this.#directory, file)).size
  }

  /** How many batches there are in each segment that is not in use any more. */
  batchesInSegments(): number[] {
    const segments = this.files('.log').slice(0, -1)
    return segments.map((file) => [...Batch.positions(readFileSync(join(this.#directory, file)))].length)
  }

  /** Up to where the log was flushed, as the checkpoint says. */
  recoveryPoint(): number {
    const path = join(this.#logDir, 'recovery-point-offset-checkpoint')
    const line = existsSync(path) ? new RegExp(`^${this.name} 0 (\\d+)$`, 'm').exec(readFileSync(path, 'utf8')) : null
    return Number(line?.[1] ?? 0)
  }

  /** A key with an old and a new value, each in a segment of its own, and a last record behind; `round` makes it later. */
  async fill(key: string, round = 0, last: string | null = 'new'): Promise<void> {
    const start = Date.now() - HOUR_MS + round * 600_000
    const records = [
      [key, 'old'],
      [key, last],
      ['end', `${round}`],
    ] as const
    for (const [i, [name, value]] of records.entries()) {
      expect(await this.put(name, value, start + i * 60_000)).toBe('NONE')
    }
  }

  /** Whether the cleaner has taken the old value of a key that was filled. */
  async isCleaned(key: string): Promise<boolean> {
    return !(await this.contents()).some(([name, value]) => name === key && value === 'old')
  }
}

interface Row {
  readonly given?: Configs
  readonly acts: (live: Live) => Promise<void>
}

const COMPACTED = { 'cleanup.policy': 'compact', 'segment.ms': '1000' }

/** Words in no order: something to compress, better or worse. */
function text(size: number): string {
  const random = seeded(1)
  const words: string[] = []
  for (let length = 0; length < size; length += 6) words.push(`${10_000 + random.below(400)}`)
  return words.join(' ').slice(0, size)
}

/** A better level makes a smaller batch of the same records. */
function level(codec: string, config: string, worst: string, best: string): Row {
  return {
    given: { 'compression.type': codec, [config]: worst },
    acts: async (live) => {
      const size = async () => {
        expect(await live.put('k', text(20_000))).toBe('NONE')
        return Batch.sizeInBytes(await live.lastBatch(), 0)
      }
      const atWorst = await size()
      await live.becomes({ [config]: best }, async () => (await size()) < atWorst)
    },
  }
}

const rows: Readonly<Record<string, Row>> = {
  'cleanup.policy': {
    acts: (live) => live.becomes({ 'cleanup.policy': 'compact' }, async () => (await live.put(null, 'v')) !== 'NONE'),
  },
  'compression.gzip.level': level('gzip', 'compression.gzip.level', '1', '9'),
  'compression.lz4.level': level('lz4', 'compression.lz4.level', '1', '12'),
  'compression.zstd.level': level('zstd', 'compression.zstd.level', '-100', '19'),
  'compression.type': {
    acts: (live) =>
      live.becomes({ 'compression.type': 'gzip' }, async () => {
        await live.put('k', 'v')
        return Batch.compressionId(await live.lastBatch(), 0) === 1
      }),
  },
  'delete.retention.ms': {
    given: { ...COMPACTED, 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '0' },
    acts: async (live) => {
      const tombstones = async () => (await live.contents()).filter(([, value]) => value === null).map(([key]) => key)
      await live.fill('a', 0, null)
      await eventually('the old value to be gone', () => live.isCleaned('a'))
      await live.fill('b', 1)
      await eventually('the tombstone to be gone', async () => (await tombstones()).length === 0)
      expect(await live.alter({ 'delete.retention.ms': String(24 * HOUR_MS) })).toBe('NONE')
      await live.fill('c', 2, null)
      await eventually('the old value to be gone', () => live.isCleaned('c'))
      await live.fill('d', 3)
      await eventually('the old value to be gone', () => live.isCleaned('d'))
      expect(await tombstones()).toEqual(['c'])
    },
  },
  'file.delete.delay.ms': {
    given: { 'internal.segment.bytes': '220', 'file.delete.delay.ms': '1000000' },
    acts: async (live) => {
      for (let i = 0; i < 8; i++) await live.put('k', text(100))
      await live.deleteUpTo(3)
      const deleted = () => live.files('.log.deleted').length
      await eventually('the files to be marked', async () => deleted() === 3)
      expect(await live.alter({ 'file.delete.delay.ms': '0' })).toBe('NONE')
      await live.deleteUpTo(6)
      await eventually('the segments to be gone', async () => live.files('.log').length === 2 && deleted() === 3)
    },
  },
  'flush.messages': {
    acts: (live) =>
      live.becomes({ 'flush.messages': '1' }, async () => {
        await live.put('k', 'v')
        return live.recoveryPoint() > 0
      }),
  },
  'flush.ms': {
    acts: async (live) => {
      await live.put('k', 'v')
      await live.becomes({ 'flush.ms': '1' }, async () => live.recoveryPoint() > 0)
    },
  },
  'index.interval.bytes': {
    given: { 'internal.segment.bytes': '2000', 'index.interval.bytes': '1000000' },
    acts: (live) =>
      live.becomes({ 'index.interval.bytes': '100' }, async () => {
        for (let i = 0; i < 30; i++) await live.put('k', text(100))
        const indexes = live.files('.index').slice(0, -1)
        return live.sizeOf(indexes.at(-1) ?? '') > 0
      }),
  },
  'internal.segment.bytes': {
    given: { 'internal.segment.bytes': '1000000' },
    acts: (live) =>
      live.becomes({ 'internal.segment.bytes': '220' }, async () => {
        for (let i = 0; i < 3; i++) await live.put('k', text(150))
        return live.files('.log').length > 1
      }),
  },
  'max.compaction.lag.ms': {
    given: { ...COMPACTED, 'min.cleanable.dirty.ratio': '1' },
    acts: async (live) => {
      await live.fill('a')
      await live.becomes({ 'max.compaction.lag.ms': '1000' }, () => live.isCleaned('a'))
    },
  },
  'max.message.bytes': {
    given: { 'max.message.bytes': '1000' },
    acts: (live) =>
      live.becomes({ 'max.message.bytes': '3000' }, async () => (await live.put('k', text(2000))) === 'NONE'),
  },
  'message.timestamp.after.max.ms': {
    given: { 'message.timestamp.after.max.ms': String(100 * HOUR_MS) },
    acts: (live) =>
      live.becomes({ 'message.timestamp.after.max.ms': '1000' }, async () => {
        return (await live.put('k', 'v', Date.now() + HOUR_MS)) === 'INVALID_TIMESTAMP'
      }),
  },
  'message.timestamp.before.max.ms': {
    acts: (live) =>
      live.becomes({ 'message.timestamp.before.max.ms': '1000' }, async () => {
        return (await live.put('k', 'v')) === 'INVALID_TIMESTAMP'
      }),
  },
  'message.timestamp.type': {
    acts: (live) =>
      live.becomes({ 'message.timestamp.type': 'LogAppendTime' }, async () => {
        await live.put('k', 'v')
        return Batch.timestampType(await live.lastBatch(), 0) === 'LogAppendTime'
      }),
  },
  'min.cleanable.dirty.ratio': {
    given: { ...COMPACTED, 'min.cleanable.dirty.ratio': '1' },
    acts: async (live) => {
      await live.fill('a')
      await live.becomes({ 'min.cleanable.dirty.ratio': '0.01' }, () => live.isCleaned('a'))
    },
  },
  'min.compaction.lag.ms': {
    given: { ...COMPACTED, 'min.cleanable.dirty.ratio': '0.01', 'min.compaction.lag.ms': String(24 * HOUR_MS) },
    acts: async (live) => {
      await live.fill('a')
      await live.becomes({ 'min.compaction.lag.ms': '0' }, () => live.isCleaned('a'))
    },
  },
  preallocate: {
    given: { 'internal.segment.bytes': '2000' },
    acts: (live) =>
      live.becomes({ preallocate: 'true' }, async () => {
        for (let i = 0; i < 20; i++) await live.put('k', text(100))
        return live.sizeOf(live.files('.log').at(-1) ?? '') === 2000
      }),
  },
  'retention.bytes': {
    given: { 'internal.segment.bytes': '220' },
    acts: async (live) => {
      for (let i = 0; i < 8; i++) await live.put('k', text(100))
      await live.becomes({ 'retention.bytes': '400' }, async () => (await live.startOffset()) > 0)
    },
  },
  'retention.ms': {
    acts: async (live) => {
      await live.put('k', 'v')
      await live.becomes({ 'retention.ms': '60000' }, async () => (await live.startOffset()) > 0)
    },
  },
  'segment.bytes': {
    acts: (live) =>
      live.becomes({ 'segment.bytes': '1048576' }, async () => {
        for (let i = 0; i < 3; i++) await live.put('k', 'x'.repeat(600_000))
        return live.files('.log').length > 1
      }),
  },
  'segment.index.bytes': {
    given: { 'index.interval.bytes': '0', 'internal.segment.bytes': '2000' },
    acts: async (live) => {
      // All of one time, so that the index of times has nothing to say.
      const at = Date.now() - HOUR_MS
      const put60 = async () => {
        for (let i = 0; i < 60; i++) await live.put('k', 'v', at)
      }
      await put60()
      const before = live.batchesInSegments()
      expect(await live.alter({ 'segment.index.bytes': '64' })).toBe('NONE')
      // An index of 64 bytes has room for 8 batches behind the first, much fewer than the segment has.
      await eventually('segments of 9 batches', async () => {
        await put60()
        return live.batchesInSegments().includes(9)
      })
      // The segment that was in use keeps the index that it had.
      const full = before[0] ?? 0
      const after = live.batchesInSegments()
      expect(after).toEqual(after.map((_, i) => (i <= before.length ? full : 9)))
    },
  },
  'segment.jitter.ms': {
    given: { 'segment.ms': '1000000' },
    acts: async (live) => {
      let at = Date.now() - 6 * 24 * HOUR_MS
      await live.becomes({ 'segment.jitter.ms': '999999' }, async () => {
        for (let i = 0; i < 8; i++) {
          at += 900_000
          await live.put('k', 'v', at)
        }
        // Two are in each without jitter: the third is too late for the first.
        return live.batchesInSegments().includes(1)
      })
    },
  },
  'segment.ms': {
    acts: async (live) => {
      let at = Date.now() - HOUR_MS
      await live.becomes({ 'segment.ms': '1000' }, async () => {
        for (let i = 0; i < 3; i++) {
          at += 10_000
          await live.put('k', 'v', at)
        }
        return live.files('.log').length > 1
      })
    },
  },
}

const NO_FOLLOWERS = 'one node has no followers'
const NO_REMOTE_STORAGE = 'there is no remote storage'

/** What is taken, or refused, and cannot be seen to act on one node; Kafka's neither. */
const unseen: Readonly<Record<string, readonly [why: string, value: string, errorCode: string]>> = {
  'follower.replication.throttled.replicas': [NO_FOLLOWERS, '*', 'NONE'],
  'leader.replication.throttled.replicas': [NO_FOLLOWERS, '0:1', 'NONE'],
  'local.retention.bytes': [NO_REMOTE_STORAGE, '100', 'NONE'],
  'local.retention.ms': [NO_REMOTE_STORAGE, '100', 'NONE'],
  'min.insync.replicas': ['no more are wanted than there are replicas', '2', 'NONE'],
  'remote.log.copy.disable': [NO_REMOTE_STORAGE, 'true', 'NONE'],
  'remote.log.delete.on.disable': [NO_REMOTE_STORAGE, 'true', 'NONE'],
  'remote.storage.enable': [NO_REMOTE_STORAGE, 'true', 'INVALID_CONFIG'],
  'unclean.leader.election.enable': ['the only replica is always in sync', 'true', 'NONE'],
}

const targets = new Map<string, Pick<Target, 'host' | 'port' | 'logDir' | 'stop'>>()

beforeAll(async () => {
  targets.set('kafka', await startKafka({ overrides: brokerConfigs }))
  targets.set('odradek', await startOdradekTarget(brokerConfigs))
}, 120_000)

afterAll(async () => {
  for (const target of targets.values()) await target.stop()
})

test('there is a row for every config', () => {
  const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as readonly { readonly name: string }[]
  const known = [...Object.keys(rows), ...Object.keys(unseen)]
  expect(known.sort()).toEqual(facts.map(({ name }) => name).sort())
})

describe.each(['kafka', 'odradek'])('a topic in use on %s', (kind) => {
  async function live(given: Configs = {}): Promise<[Live, TestBroker]> {
    const target = targets.get(kind)
    if (target === undefined) throw new Error(`${kind} is not running`)
    const broker = new TestBroker(target)
    const { name } = await broker.topic({ configs: { 'retention.ms': '-1', ...given } })
    return [new Live(broker, name, target.logDir), broker]
  }

  test.concurrent.each(Object.entries(rows))('acts on %s', async (_, { given, acts }) => {
    const [topic, broker] = await live(given)
    await acts(topic)
    await broker.end()
  })

  test.concurrent.each(Object.entries(unseen))('takes or refuses %s', async (name, [why, value, errorCode]) => {
    const [topic, broker] = await live()
    expect(await topic.alter({ [name]: value }), why).toBe(errorCode)
    expect(await topic.put('k', 'v')).toBe('NONE')
    await broker.end()
  })
})
