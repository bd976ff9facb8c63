// TxnOffsetCommit, key 28: offsets of a group that are committed with a producer's transaction, or not at all.
//
// v2 committedLeaderEpoch (KIP-320); until then a loading coordinator is COORDINATOR_NOT_AVAILABLE
// v3 flexible; the member and generation that read what the offsets are of (KIP-447)
// v4 clients know TRANSACTION_ABORTABLE; v5 adds the group's partition to the transaction by itself (KIP-890)
import type { GroupCoordinator } from '../group/index.ts'
import { CONSUMER_OFFSETS, type MetadataImage } from '../metadata/index.ts'
import type { ReplicaManager, TransactionSupport } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.TxnOffsetCommit.request>
type Topic = Request['topics'][number]
type Answered = NonNullable<Draft<typeof apis.TxnOffsetCommit.response>['topics']>[number]

const KNOWS_LOADING = 2
const KNOWS_ABORTABLE = 4
const ADDS_PARTITION = 5

export function txnOffsetCommitApi(rooms: {
  groups: GroupCoordinator
  replicas: ReplicaManager
  image: MetadataImage
}): ApiHandler {
  const { groups, replicas, image } = rooms

  return defineApi(
    apis.TxnOffsetCommit,
    { min: 0, max: 5 },
    async ({ apiVersion }, request) => {
      const known: Topic[] = []
      const refused: Answered[] = []
      for (const topic of request.topics) split(topic, known, refused)
      if (known.length === 0) return { topics: refused }
      const asked = { ...request, topics: known }
      const { topics = [] } = await groups.commitTransactionalOffsets(asked, (partition) =>
        replicas.verification.verifyOnce(request, { topic: CONSUMER_OFFSETS, partition }, supportOf(apiVersion)),
      )
      return { topics: merged(refused, topics) }
    },
    ({ topics }, code, _message, { apiVersion }) => {
      const isUnknown = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < KNOWS_LOADING
      const errorCode = isUnknown ? ErrorCode.COORDINATOR_NOT_AVAILABLE : code
      return { topics: topics.map((topic) => failed(topic, errorCode)) }
    },
  )

  function split(topic: Topic, known: Topic[], refused: Answered[]): void {
    const exists = ({ partitionIndex }: Topic['partitions'][number]): boolean =>
      image.partition(topic.name, partitionIndex) !== undefined
    const partitions = topic.partitions.filter(exists)
    const missing = topic.partitions.filter((partition) => !exists(partition))
    if (partitions.length > 0) known.push({ ...topic, partitions })
    const isUnknown = image.topicByName(topic.name) === undefined
    if (missing.length > 0 || isUnknown) {
      refused.push(failed({ ...topic, partitions: missing }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    }
  }
}

function supportOf(apiVersion: number): TransactionSupport {
  if (apiVersion >= ADDS_PARTITION) return 'addPartition'
  return apiVersion >= KNOWS_ABORTABLE ? 'genericError' : 'defaultError'
}

function failed({ name, partitions }: Topic, errorCode: number): Answered {
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}

/** One entry for each topic: what was refused at once, then what the coordinator said. */
function merged(refused: readonly Answered[], answered: readonly Answered[]): Answered[] {
  const byName = new Map(refused.map((topic) => [topic.name, topic]))
  for (const { name, partitions = [] } of answered) {
    byName.set(name, { name, partitions: [...(byName.get(name)?.partitions ?? []), ...partitions] })
  }
  return [...byName.values()]
}
