// OffsetDelete, key 47: forgets offsets of a group, except of topics that its members are subscribed to (KIP-496).
//
// v0 the only one
import type { GroupCoordinator } from '../group/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Topic = Infer<typeof apis.OffsetDelete.request>['topics'][number]
type Answered = NonNullable<Draft<typeof apis.OffsetDelete.response>['topics']>[number]

export function offsetDeleteApi(rooms: { groups: GroupCoordinator; image: MetadataImage }): ApiHandler {
  const { groups, image } = rooms

  return defineApi(
    apis.OffsetDelete,
    { min: 0, max: 0 },
    async (_context, { groupId, topics }) => {
      const known: Topic[] = []
      const refused: Answered[] = []
      for (const topic of topics) {
        if (image.topicByName(topic.name) === undefined) refused.push(notFound(topic))
        else split(topic, known, refused)
      }
      // Asked also where no partition exists: an unknown group is an error for the whole.
      const { topics: deleted = [] } = await groups.deleteOffsets({ groupId, topics: known })
      return { topics: merged([...refused, ...deleted]) }
    },
    (_request, errorCode) => ({ errorCode }),
  )

  function split(topic: Topic, known: Topic[], refused: Answered[]): void {
    const exists = ({ partitionIndex }: Topic['partitions'][number]): boolean =>
      image.partition(topic.name, partitionIndex) !== undefined
    const partitions = topic.partitions.filter(exists)
    const missing = topic.partitions.filter((partition) => !exists(partition))
    if (partitions.length > 0) known.push({ ...topic, partitions })
    if (missing.length > 0) refused.push(notFound({ ...topic, partitions: missing }))
  }
}

function notFound({ name, partitions }: Topic): Answered {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}

/** One entry for each topic, in the order in which they first occur. */
function merged(topics: readonly Answered[]): Answered[] {
  const byName = new Map<string, Answered>()
  for (const { name = '', partitions = [] } of topics) {
    byName.set(name, { name, partitions: [...(byName.get(name)?.partitions ?? []), ...partitions] })
  }
  return [...byName.values()]
}
