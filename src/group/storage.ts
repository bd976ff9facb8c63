// Where the group coordinator keeps its records: __consumer_offsets, as the broker's configs have it.
import { type InternalLog, LogStorage } from '../coordinator/index.ts'
import type { Clock } from '../io/index.ts'
import { CONSUMER_OFFSETS, type LiveConfig } from '../metadata/index.ts'
import { compressionName } from '../wire/records/index.ts'

export function consumerOffsetsStorage(rooms: { log: InternalLog; clock: Clock; config: LiveConfig }): LogStorage {
  const { log, clock, config } = rooms
  return new LogStorage(
    { log, clock },
    {
      topic: CONSUMER_OFFSETS,
      compression: compressionName(config.broker.get('offsets.topic.compression.codec')),
      maxMessageBytes: () => config.topic(CONSUMER_OFFSETS).maxMessageBytes,
    },
  )
}
