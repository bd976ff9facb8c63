// What is known of a transactional id, and how that changes: values and pure functions from one to the next. Whether a
// request may cause a transition is decided elsewhere; here it is only held that no other one exists.
import { KafkaError } from '../wire/index.ts'
import { TopicPartitions } from './partitions.ts'

/** In the order of their ids. Dead and PrepareEpochFence are never written: Kafka passes through them in memory. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const
export type TransactionState = (typeof transactionStates)[number]

const settled: readonly TransactionState[] = ['Empty', 'CompleteCommit', 'CompleteAbort']

const previousStates: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: settled,
  Ongoing: ['Ongoing', ...settled],
  PrepareCommit: ['Ongoing'],
  PrepareAbort: ['Ongoing', ...settled],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: settled,
  PrepareEpochFence: ['Ongoing'],
}

export interface TransactionMetadata {
  readonly producerId: number
  /** The producer id before the last transition. */
  readonly previousProducerId: number
  /** What the producer gets when its transaction, which took the last epoch, is complete; -1 for none. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** The epoch before, while only the producer that has it may still use it; not written, so -1 after a restart. */
  readonly lastProducerEpoch: number
  readonly transactionTimeoutMs: number
  readonly state: TransactionState
  readonly partitions: TopicPartitions
  /** -1 where no transaction has begun. */
  readonly startTimestamp: number
  readonly lastUpdateTimestamp: number
  /** The version of transactions by which the client did what led to this state. */
  readonly clientTransactionVersion: number
}

const NONE = -1
const MAX_EPOCH = 0x7fff
/** The last epoch is kept to fence the producer that has the one before. */
const LAST_PRODUCER_EPOCH = MAX_EPOCH - 1
/** From this version of transactions on, every end of a transaction gives the producer a new epoch. */
const EPOCH_BUMPED_FROM = 2

export function bumpsEpoch(transactionVersion: number): boolean {
  return transactionVersion >= EPOCH_BUMPED_FROM
}

export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= LAST_PRODUCER_EPOCH
}

/** Decided, and its markers are on their way. Nothing else can happen to it meanwhile. */
export function isEnding({ state }: TransactionMetadata): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** A transactional id that was never heard of: its first epoch is the next one. */
export function unknownTransaction(producerId: number): TransactionMetadata {
  return {
    producerId,
    previousProducerId: NONE,
    nextProducerId: NONE,
    producerEpoch: NONE,
    lastProducerEpoch: NONE,
    transactionTimeoutMs: 0,
    state: 'Empty',
    partitions: TopicPartitions.NONE,
    startTimestamp: NONE,
    lastUpdateTimestamp: NONE,
    clientTransactionVersion: 0,
  }
}

function transition(
  from: TransactionMetadata,
  to: Partial<TransactionMetadata> & Pick<TransactionMetadata, 'state' | 'lastUpdateTimestamp'>,
): TransactionMetadata {
  const next = { ...from, previousProducerId: from.producerId, ...to }
  if (!previousStates[next.state].includes(from.state)) {
    throw new Error(`a transaction cannot go from ${from.state} to ${next.state}`)
  }
  if (next.producerId < 0 || next.producerEpoch < 0 || next.producerEpoch > MAX_EPOCH) {
    throw new Error(`a transaction cannot have producer id ${next.producerId} and epoch ${next.producerEpoch}`)
  }
  return next
}

/**
 * The producer begins anew, with the next epoch. Throws PRODUCER_FENCED where `expectedEpoch` is another producer's; only
 * where there is no next epoch, Kafka has no word for it.
 */
export function incrementEpoch(
  from: TransactionMetadata,
  { transactionTimeoutMs, expectedEpoch, now }: { transactionTimeoutMs: number; expectedEpoch?: number; now: number },
): TransactionMetadata {
  if (isEpochExhausted(from.producerEpoch)) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  return transition(from, {
    ...nextEpochs(from, expectedEpoch),
    state: 'Empty',
    transactionTimeoutMs,
    partitions: TopicPartitions.NONE,
    startTimestamp: NONE,
    lastUpdateTimestamp: now,
  })
}

function nextEpochs(
  { producerEpoch, lastProducerEpoch }: TransactionMetadata,
  expectedEpoch: number | undefined,
): Pick<TransactionMetadata, 'producerEpoch' | 'lastProducerEpoch'> {
  if (expectedEpoch === undefined) return { producerEpoch: producerEpoch + 1, lastProducerEpoch: NONE }
  // The producer recovers from an error and nobody came between (KIP-360).
  if (producerEpoch === NONE || expectedEpoch === producerEpoch) {
    return { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch }
  }
  // It did not get the answer, and asks again.
  if (expectedEpoch === lastProducerEpoch) return { producerEpoch, lastProducerEpoch }
  throw new KafkaError('PRODUCER_FENCED')
}

/** The epochs are used up: the producer begins anew under another id. */
export function rotateProducerId(
  from: TransactionMetadata,
  to: { producerId: number; transactionTimeoutMs: number; isExpected: boolean; now: number },
): TransactionMetadata {
  return transition(from, {
    state: 'Empty',
    producerId: to.producerId,
    producerEpoch: 0,
    lastProducerEpoch: to.isExpected ? from.producerEpoch : NONE,
    transactionTimeoutMs: to.transactionTimeoutMs,
    partitions: TopicPartitions.NONE,
    startTimestamp: NONE,
    lastUpdateTimestamp: to.now,
  })
}

export function addPartitions(
  from: TransactionMetadata,
  partitions: TopicPartitions,
  { clientTransactionVersion, now }: { clientTransactionVersion: number; now: number },
): TransactionMetadata {
  return transition(from, {
    state: 'Ongoing',
    partitions,
    startTimestamp: from.state === 'Ongoing' ? from.startTimestamp : now,
    lastUpdateTimestamp: now,
    clientTransactionVersion,
  })
}

export interface End {
  readonly committed: boolean
  readonly transactionVersion: number
  /** Taken where the epochs are used up and the version gives a new one; else -1. */
  readonly nextProducerId: number
  readonly now: number
}

/** The transaction is decided. Without one, its end is an abort of nothing, which begins and ends now. */
export function prepareEnd(from: TransactionMetadata, end: End): TransactionMetadata {
  const { committed, transactionVersion, nextProducerId, now } = end
  return transition(from, {
    state: committed ? 'PrepareCommit' : 'PrepareAbort',
    ...(bumpsEpoch(transactionVersion) && bumpedEpochs(from)),
    nextProducerId,
    startTimestamp: from.state === 'Ongoing' ? from.startTimestamp : now,
    lastUpdateTimestamp: now,
    clientTransactionVersion: bumpsEpoch(transactionVersion) ? transactionVersion : 0,
  })
}

/** The producer is gone, or another one took its place: its transaction is aborted, and its epoch is good no more. */
export function prepareFence(from: TransactionMetadata, end: Omit<End, 'committed'>): TransactionMetadata {
  const { producerEpoch, lastProducerEpoch } = bumpedEpochs(from)
  const isLastKept = bumpsEpoch(end.transactionVersion)
  return {
    ...prepareEnd(from, { ...end, committed: false }),
    producerEpoch,
    lastProducerEpoch: isLastKept ? lastProducerEpoch : NONE,
  }
}

/** The very last epoch fences no one any more: it stays. */
function bumpedEpochs({ producerEpoch }: TransactionMetadata) {
  return { producerEpoch: Math.min(producerEpoch + 1, MAX_EPOCH), lastProducerEpoch: producerEpoch }
}

/** All markers are written. */
export function complete(from: TransactionMetadata, now: number): TransactionMetadata {
  const isRotated = bumpsEpoch(from.clientTransactionVersion) && from.nextProducerId !== NONE
  return transition(from, {
    state: from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    ...(isRotated && { producerId: from.nextProducerId, producerEpoch: 0 }),
    nextProducerId: NONE,
    partitions: TopicPartitions.NONE,
    lastUpdateTimestamp: now,
  })
}

/** Whether an id that was not used for long is forgotten in this state. */
export function isExpirable({ state }: TransactionMetadata): boolean {
  return settled.includes(state)
}
