// What a log takes of transactions: batches that were verified, markers of producers and coordinators that are not
// fenced, each once (KIP-890).
import { describe, expect, test } from 'vitest'
import type { KafkaError } from '../wire/index.ts'
import { encodeEndTransactionMarker } from '../wire/records/index.ts'
import type { AppendOptions } from './index.ts'
import { batchOf, type OpenedLog, openLog } from './testing.ts'

interface Batch {
  readonly epoch?: number
  readonly sequence?: number
  readonly producerId?: number
  readonly isTransactional?: boolean
}

interface Marker {
  readonly epoch: number
  readonly coordinatorEpoch?: number
  readonly transactionVersion?: number
  readonly committed?: boolean
}

const PRODUCER = 7

/** The code with which the log refuses, or NONE. */
function attempt({ io, log }: OpenedLog, records: Buffer, options: Omit<AppendOptions, 'leaderEpoch'>): string {
  try {
    log.append(records, { leaderEpoch: 0, ...options }, () => undefined)
    return 'NONE'
  } catch (error) {
    return (error as KafkaError).codeName
  } finally {
    io.clock.endTurn()
  }
}

function batch({ epoch = 0, sequence = 0, producerId = PRODUCER, isTransactional = true }: Batch): Buffer {
  return batchOf(['a'], { producerId, producerEpoch: epoch, baseSequence: sequence, isTransactional })
}

/** A batch of a client that needs to be verified. */
function write(opened: OpenedLog, of: Batch, verificationGuard?: symbol): string {
  return attempt(opened, batch(of), { origin: 'client', isVerified: () => true, verificationGuard })
}

function verify({ log }: OpenedLog, { epoch = 0, sequence = 0, supportsEpochBump = true } = {}): symbol | undefined {
  return log.startVerification({ producerId: PRODUCER, producerEpoch: epoch, sequence, supportsEpochBump })
}

function mark(opened: OpenedLog, { epoch, coordinatorEpoch = 0, transactionVersion = 2, committed = true }: Marker) {
  const type = committed ? 'COMMIT' : 'ABORT'
  const of = { producerId: PRODUCER, producerEpoch: epoch, coordinatorEpoch, timestamp: 1 }
  const marker = encodeEndTransactionMarker({ type, ...of })
  return attempt(opened, marker, { origin: 'coordinator', transactionVersion })
}

describe('A transactional batch', () => {
  test('is refused where its transaction is not open here and nobody has verified it', () => {
    const opened = openLog()
    expect(write(opened, {})).toBe('INVALID_TXN_STATE')
    expect(opened.log.logEndOffset).toBe(0)
  })

  test('is taken where that was verified, and those behind it without', () => {
    const opened = openLog()
    expect(write(opened, {}, verify(opened))).toBe('NONE')
    expect(verify(opened)).toBeUndefined()
    expect(write(opened, { sequence: 1 })).toBe('NONE')
  })

  test('is taken from a coordinator under the same terms', () => {
    const opened = openLog()
    const commit = (verificationGuard?: symbol) =>
      attempt(opened, batch({}), { origin: 'coordinator', isVerified: () => true, verificationGuard })
    expect(commit()).toBe('INVALID_TXN_STATE')
    expect(commit(verify(opened))).toBe('NONE')
  })

  test('is taken without where transactions are not verified, or another has verified it already', () => {
    const opened = openLog()
    expect(attempt(opened, batch({}), { origin: 'client', isVerified: () => false })).toBe('NONE')
    expect(attempt(openLog(), batch({}), { origin: 'replication' })).toBe('NONE')
  })

  test('is refused where the transaction has ended since it was verified', () => {
    const opened = openLog()
    const guard = verify(opened, { supportsEpochBump: false })
    expect(mark(opened, { epoch: 0, transactionVersion: 0 })).toBe('NONE')
    expect(write(opened, {}, guard)).toBe('INVALID_TXN_STATE')
  })

  test('of the next transaction may be verified before the marker of the last one is there', () => {
    const opened = openLog()
    write(opened, {}, verify(opened))
    const guard = verify(opened, { epoch: 1 })
    expect(mark(opened, { epoch: 1 })).toBe('NONE')
    expect(write(opened, { epoch: 1 }, guard)).toBe('NONE')
  })

  test('needs its own verification in each epoch', () => {
    const opened = openLog()
    expect(write(opened, {}, verify(opened))).toBe('NONE')
    expect(write(opened, { epoch: 1 })).toBe('INVALID_TXN_STATE')
  })

  test('of a fenced producer is not even verified', () => {
    const opened = openLog()
    mark(opened, { epoch: 5 })
    expect(() => verify(opened, { epoch: 4 })).toThrow(expect.objectContaining({ codeName: 'INVALID_PRODUCER_EPOCH' }))
    expect(write(opened, { epoch: 4 })).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('that is not the first of its transaction cannot begin it', () => {
    const opened = openLog()
    expect(write(opened, { sequence: 5 }, verify(opened, { sequence: 5 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(write(opened, { sequence: 0 }, verify(opened))).toBe('NONE')
  })

  test('of the first protocol may begin anywhere, but not before one that is still to come', () => {
    const opened = openLog()
    verify(opened, { sequence: 5, supportsEpochBump: false })
    const guard = verify(opened, { sequence: 7, supportsEpochBump: false })
    expect(write(opened, { sequence: 7 }, guard)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(write(opened, { sequence: 5 }, guard)).toBe('NONE')
  })

  test('that was forgotten while it was verified is verified anew', () => {
    const opened = openLog()
    const guard = verify(opened)
    opened.io.clock.advance(1000)
    opened.log.removeExpiredProducers(1000)
    expect(write(opened, {}, guard)).toBe('INVALID_TXN_STATE')
    expect(write(opened, {}, verify(opened))).toBe('NONE')
  })
})

describe('A marker', () => {
  test('of an older coordinator is refused, and changes nothing', () => {
    const opened = openLog()
    write(opened, {}, verify(opened))
    mark(opened, { epoch: 1, coordinatorEpoch: 3 })
    const { logEndOffset } = opened.log
    expect(mark(opened, { epoch: 2, coordinatorEpoch: 2 })).toBe('TRANSACTION_COORDINATOR_FENCED')
    expect(opened.log.logEndOffset).toBe(logEndOffset)
    expect(mark(opened, { epoch: 2, coordinatorEpoch: 3 })).toBe('NONE')
  })

  test('of an older epoch is refused in both protocols', () => {
    const opened = openLog()
    mark(opened, { epoch: 5 })
    for (const transactionVersion of [0, 1, 2]) {
      expect(mark(opened, { epoch: 4, transactionVersion })).toBe('INVALID_PRODUCER_EPOCH')
    }
  })

  test('of an epoch before any is refused of a producer that is not known, too', () => {
    const opened = openLog()
    for (const transactionVersion of [0, 1, 2]) {
      expect(mark(opened, { epoch: -2, transactionVersion })).toBe('INVALID_PRODUCER_EPOCH')
    }
    expect(attempt(opened, batch({ epoch: -2, isTransactional: false }), { origin: 'client' })).toBe(
      'INVALID_PRODUCER_EPOCH',
    )
    expect(opened.log.logEndOffset).toBe(0)
  })

  test('of the first protocol has the epoch of its transaction', () => {
    const opened = openLog()
    write(opened, {}, verify(opened))
    expect(mark(opened, { epoch: 0, transactionVersion: 0 })).toBe('NONE')
    expect(opened.log.lastStableOffset).toBe(2)
  })

  test('of the second protocol has a later one, or it would end the next transaction', () => {
    const opened = openLog()
    write(opened, { epoch: 1 }, verify(opened, { epoch: 1 }))
    expect(mark(opened, { epoch: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(opened.log.lastStableOffset).toBe(0)
    expect(mark(opened, { epoch: 2 })).toBe('NONE')
    expect(opened.log.lastStableOffset).toBe(2)
  })

  test('of the second protocol may come again as long as nothing has followed it', () => {
    const opened = openLog()
    write(opened, {}, verify(opened))
    expect(mark(opened, { epoch: 1 })).toBe('NONE')
    expect(mark(opened, { epoch: 1 })).toBe('NONE')
    write(opened, { epoch: 1 }, verify(opened, { epoch: 1 }))
    expect(mark(opened, { epoch: 1 })).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('of the very last epoch ends what has no other', () => {
    const opened = openLog()
    write(opened, { epoch: 0x7fff }, verify(opened, { epoch: 0x7fff }))
    expect(mark(opened, { epoch: 0x7fff, committed: false })).toBe('NONE')
    expect(opened.log.lastStableOffset).toBe(2)
  })
})
