// InitProducerId, key 22: an id for an idempotent producer.
//
// v2 flexible; v3 the id and epoch that the producer has, to recover from an error (KIP-360)
// v4 and v5 say which errors of transactions the client knows
import type { ProducerIds } from '../txn/index.ts'
import { apis, type Draft, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Response = Draft<typeof apis.InitProducerId.response>

const NONE = -1

export function initProducerIdApi({ producerIds }: { producerIds: ProducerIds }): ApiHandler {
  return defineApi(
    apis.InitProducerId,
    { min: 0, max: 5 },
    async (_context, { transactionalId, producerId, producerEpoch }): Promise<Response> => {
      if ((producerId === NONE) !== (producerEpoch === NONE)) throw new KafkaError('INVALID_REQUEST')
      if (transactionalId !== null) {
        throw new KafkaError(transactionalId === '' ? 'INVALID_REQUEST' : 'COORDINATOR_NOT_AVAILABLE')
      }
      return { errorCode: ErrorCode.NONE, producerId: await producerIds.next(), producerEpoch: 0 }
    },
    (_request, errorCode) => ({ errorCode, producerId: NONE, producerEpoch: NONE }),
  )
}
