// The runtime under a small state machine: words and how often they were said.
import { describe, expect, test } from 'vitest'
import { errorOf, MemoryStorage, turn } from '../../test/support/coordinator-storage.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { KafkaError } from '../wire/index.ts'
import {
  type CoordinatorCodec,
  type CoordinatorResult,
  CoordinatorRuntime,
  type CoordinatorShard,
  type LogPosition,
  type ShardTimers,
  type TransactionEnd,
} from './index.ts'

type Result<T = void> = CoordinatorResult<string, T>

const codec: CoordinatorCodec<string> = {
  encode: (word) => ({ key: Buffer.from(`..${word}`), value: null }),
  decode: (key) => (key[0] === 0x7f ? undefined : key.toString('utf8', 2)),
}

class Words implements CoordinatorShard<string> {
  readonly counts = new Map<string, number>()
  readonly positions: LogPosition[] = []
  readonly ends: TransactionEnd[] = []
  readonly timers: ShardTimers<string>
  isLoaded = false
  isUnloaded = false

  constructor(timers: ShardTimers<string>) {
    this.timers = timers
  }

  replay(word: string, position: LogPosition): void {
    if (word === 'unspeakable') throw new Error('a bug')
    this.counts.set(word, (this.counts.get(word) ?? 0) + 1)
    this.positions.push(position)
  }

  replayTransactionEnd(end: TransactionEnd): void {
    this.ends.push(end)
  }

  onLoaded(): void {
    this.isLoaded = true
  }

  onUnloaded(): void {
    this.isUnloaded = true
  }

  say(...words: string[]): Result<number> {
    return { records: words, response: words.length }
  }
}

interface Room {
  readonly io: TestIo
  readonly storage: MemoryStorage
  readonly shards: Words[]
  readonly runtime: CoordinatorRuntime<Words, string>
  /** The shard that is active now. */
  readonly shard: Words
}

async function room(): Promise<Room> {
  const io = testIo()
  const storage = new MemoryStorage()
  const shards: Words[] = []
  const runtime = new CoordinatorRuntime<Words, string>({
    name: 'words',
    storage,
    codec,
    clock: io.clock,
    log: io.log,
    makeShard: (_partition, timers) => {
      const shard = new Words(timers)
      shards.push(shard)
      return shard
    },
  })
  await runtime.load(0)
  return {
    io,
    storage,
    shards,
    runtime,
    get shard() {
      return shards.at(-1) as Words
    },
  }
}

const said = ({ shard }: Room) => Object.fromEntries(shard.counts)

describe('what the operations of a turn write', () => {
  test('is seen at once, goes to the log as one batch, and is answered when that is written', async () => {
    const { runtime, shard, storage } = await room()
    storage.hold()
    const answers: string[] = []
    void runtime.write(0, (words) => words.say('a', 'b')).then((count) => answers.push(`wrote ${count}`))
    void runtime.read(0, ({ counts }) => counts.size).then((size) => answers.push(`saw ${size}`))
    void runtime.write(0, (words) => words.say('c')).then((count) => answers.push(`wrote ${count}`))
    expect([...shard.counts.keys()]).toEqual(['a', 'b', 'c'])
    await turn()
    expect(storage.batches).toEqual([3])
    expect(answers).toEqual([])
    storage.release()
    await turn()
    expect(answers).toEqual(['wrote 2', 'saw 2', 'wrote 1'])
    expect(shard.positions.map(({ offset }) => offset)).toEqual([0, 1, 2])
  })

  test('is in the log in the order of the turns, and each learns of its own', async () => {
    const { runtime, storage } = await room()
    const events: string[] = []
    const write = (word: string) =>
      runtime
        .write(0, () => ({ records: [word], response: word, onWritten: () => events.push(`${word} is written`) }))
        .then((answer) => events.push(`${answer} is answered`))
    await Promise.all([write('a'), write('b')])
    await write('c')
    expect(storage.batches).toEqual([2, 1])
    const [a, b, c] = ['a', 'b', 'c'].map((word) => [`${word} is written`, `${word} is answered`])
    expect(events).toEqual([a?.[0], b?.[0], a?.[1], b?.[1], ...(c ?? [])])
  })

  test('fills one batch after the other, as large as the log takes them', async () => {
    const { runtime, storage } = await room()
    storage.batchCapacity = 60
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((word) => runtime.write(0, (words) => words.say(word))))
    expect(storage.batches).toEqual([2, 2, 1])
    const many = { records: ['f', 'g', 'h', 'i', 'j'], response: undefined }
    await runtime.write(0, () => ({ ...many, divisible: true }))
    expect(storage.batches).toEqual([2, 2, 1, 2, 2, 1])
    await runtime.write(0, () => many)
    expect(storage.batches, 'records that stand or fall together').toEqual([2, 2, 1, 2, 2, 1, 5])
  })

  test('changes nothing where the log refuses it, and only who wrote it is told', async () => {
    const words = await room()
    const { runtime, storage } = words
    storage.batchCapacity = 60
    const before = runtime.write(0, (shard) => shard.say('before'))
    await turn()
    storage.refusal = new KafkaError('RECORD_LIST_TOO_LARGE')
    const told: string[] = []
    const refused = runtime.write(0, () => ({
      records: ['much', 'too', 'much'],
      response: undefined,
      onRefused: ({ codeName }) => told.push(codeName),
    }))
    expect(await errorOf(refused)).toBe('RECORD_LIST_TOO_LARGE')
    expect(told).toEqual(['RECORD_LIST_TOO_LARGE'])
    expect(await before).toBe(1)
    await runtime.write(0, (shard) => shard.say('after'))
    expect(said(words)).toEqual({ before: 1, after: 1 })
    expect(words.shards).toHaveLength(1)
  })

  test('is not replayed where the state has it already', async () => {
    const words = await room()
    await words.runtime.write(0, () => ({ records: ['known'], response: undefined, applied: true }))
    expect(said(words)).toEqual({})
    words.runtime.unload(0)
    await words.runtime.load(0)
    expect(said(words)).toEqual({ known: 1 })
  })
})

describe('a shard', () => {
  test('is what its log says when it is loaded again', async () => {
    const words = await room()
    await words.runtime.write(0, (shard) => shard.say('a', 'a', 'b'))
    words.runtime.unload(0)
    expect(words.shard.isUnloaded).toBe(true)
    expect(await errorOf(words.runtime.read(0, () => 1))).toBe('NOT_COORDINATOR')
    const loading = words.runtime.load(0)
    expect(await errorOf(words.runtime.read(0, () => 1))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    await loading
    expect(said(words)).toEqual({ a: 2, b: 1 })
    await words.runtime.write(0, (shard) => shard.say('c'))
    expect(words.shard.positions.at(-1)?.offset).toBe(3)
  })

  test('is loaded again where an append fails, and all that waited are told', async () => {
    const words = await room()
    const { runtime, storage } = words
    await runtime.write(0, (shard) => shard.say('safe'))
    storage.failure = new KafkaError('KAFKA_STORAGE_ERROR')
    const lost = errorOf(runtime.write(0, (shard) => shard.say('lost')))
    const seen = errorOf(runtime.read(0, ({ counts }) => counts.get('lost')))
    expect(await lost).toBe('KAFKA_STORAGE_ERROR')
    expect(await seen, 'who saw what is lost').toBe('KAFKA_STORAGE_ERROR')
    await turn()
    expect(said(words)).toEqual({ safe: 1 })
    await runtime.write(0, (shard) => shard.say('safe'))
    expect(said(words)).toEqual({ safe: 2 })
  })

  test('is loaded again where a replay fails half way', async () => {
    const words = await room()
    await expect(words.runtime.write(0, (shard) => shard.say('half', 'unspeakable'))).rejects.toThrow('a bug')
    await turn()
    expect(said(words)).toEqual({})
    expect(words.shards).toHaveLength(2)
  })

  test('that cannot be loaded belongs to nobody, until it is led anew', async () => {
    const words = await room()
    await words.runtime.write(0, (shard) => shard.say('fine'))
    const entries = words.storage.entries(0)
    entries.push({ ...(entries[0] as (typeof entries)[0]), key: Buffer.from('..unspeakable') } as (typeof entries)[0])
    words.runtime.unload(0)
    await words.runtime.load(0)
    expect(await errorOf(words.runtime.read(0, () => 1))).toBe('NOT_COORDINATOR')
    entries.pop()
    await words.runtime.load(0)
    expect(said(words)).toEqual({ fine: 1 })
  })

  test('skips records of types that are not known yet', async () => {
    const words = await room()
    await words.storage.append(0, [{ key: Buffer.from('7f0061', 'hex'), value: null }])
    words.runtime.unload(0)
    await words.runtime.load(0)
    expect(said(words)).toEqual({})
    expect(words.io.lines.some(({ message }) => message === 'Ignored a record of an unknown type')).toBe(true)
  })

  test('has timers that run operations, and end with it', async () => {
    const words = await room()
    const { io, shard } = words
    shard.timers.schedule('later', 100, () => ({ records: ['replaced'], response: undefined }))
    shard.timers.schedule('later', 200, () => ({ records: ['tick'], response: undefined }))
    shard.timers.schedule('never', 300, () => ({ records: ['tock'], response: undefined }))
    io.clock.advance(200)
    await turn()
    expect(said(words)).toEqual({ tick: 1 })
    words.runtime.unload(0)
    io.clock.advance(1000)
    expect(io.clock.timers).toBe(0)
    expect(words.storage.entries(0)).toHaveLength(1)
  })
})

describe('a transaction', () => {
  const producer = { producerId: 7, producerEpoch: 2 }

  test('has its records after those of the same turn, known by their producer, and its end', async () => {
    const { runtime, shard, storage } = await room()
    const plain = runtime.write(0, (words) => words.say('plain'))
    const transactional = runtime.writeTransactional(0, producer, (words) => words.say('sold'))
    await Promise.all([plain, transactional])
    await runtime.completeTransaction(0, { ...producer, coordinatorEpoch: 0, committed: true })
    expect(storage.batches).toEqual([1, 1])
    expect(shard.positions).toEqual([
      { offset: 0, producerId: -1 },
      { offset: 1, producerId: 7 },
    ])
    expect(shard.ends).toEqual([{ ...producer, offset: 2, committed: true }])
  })

  test('changes nothing where the log refuses its producer', async () => {
    const words = await room()
    words.storage.refusal = new KafkaError('INVALID_PRODUCER_EPOCH')
    const refused = words.runtime.writeTransactional(0, producer, (shard) => shard.say('sold'))
    expect(await errorOf(refused)).toBe('INVALID_PRODUCER_EPOCH')
    words.storage.refusal = new KafkaError('INVALID_PRODUCER_EPOCH')
    const marker = { ...producer, coordinatorEpoch: 0, committed: true }
    expect(await errorOf(words.runtime.completeTransaction(0, marker))).toBe('INVALID_PRODUCER_EPOCH')
    expect(said(words)).toEqual({})
    expect(words.shard.ends).toEqual([])
    expect(words.shards).toHaveLength(1)
  })
})
