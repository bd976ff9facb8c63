// Where the transaction coordinator keeps its records: __transaction_state, never compressed.
import { type InternalLog, LogStorage } from '../coordinator/index.ts'
import type { Clock } from '../io/index.ts'
import { type LiveConfig, TRANSACTION_STATE } from '../metadata/index.ts'

/** Kafka writes these records without the numbers of idempotent producers. */
const NO_SEQUENCE = -1

export function transactionStateStorage(rooms: { log: InternalLog; clock: Clock; config: LiveConfig }): LogStorage {
  const { log, clock, config } = rooms
  return new LogStorage(
    { log, clock },
    {
      topic: TRANSACTION_STATE,
      baseSequence: NO_SEQUENCE,
      maxMessageBytes: () => config.topic(TRANSACTION_STATE).maxMessageBytes,
    },
  )
}
