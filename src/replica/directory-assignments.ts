// Tells the controller which log directories this broker's replicas are in, where the metadata does not say so yet
// (KIP-858): with several directories, the broker takes one when it makes a log. Owns nothing.
import type { Clock, Logger } from '../io/index.ts'
import type { LogManager } from '../log/index.ts'
import type { MetadataImage, PartitionRegistration, ReplicaDirectory, TopicImage } from '../metadata/index.ts'

export interface DirectoryAssignmentsRooms {
  readonly brokerId: number
  readonly image: MetadataImage
  readonly logs: LogManager
  readonly assign: (assignments: readonly ReplicaDirectory[]) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

/** Looks at all replicas now, and at those that come or change from now on, after their logs were made. */
export function followDirectories(rooms: DirectoryAssignmentsRooms): void {
  const { image, clock, log } = rooms
  let found: ReplicaDirectory[] = []
  const tell = (): void => {
    const assignments = found
    found = []
    rooms.assign(assignments).catch((error: unknown) => {
      log.error({ err: error }, 'could not tell which log directories replicas are in')
    })
  }
  const look = (topic: TopicImage, partition: PartitionRegistration): void => {
    const assignment = assignmentOf(rooms, topic, partition)
    if (assignment !== undefined && found.push(assignment) === 1) clock.atEndOfTurn(tell)
  }
  for (const topic of image.topics()) for (const partition of topic.partitions) look(topic, partition)
  image.subscribe(({ partitionsAdded, partitionsChanged }) => {
    for (const { topic, partition } of [...partitionsAdded, ...partitionsChanged]) look(topic, partition)
  })
}

/** Undefined where there is nothing to tell. */
function assignmentOf(
  { brokerId, logs }: DirectoryAssignmentsRooms,
  { name, topicId }: TopicImage,
  { partition, replicas, directories }: PartitionRegistration,
): ReplicaDirectory | undefined {
  const log = logs.get(name, partition)
  const directoryId = log === undefined ? undefined : logs.directoryOf(log)?.id
  const known = directories[replicas.indexOf(brokerId)]
  // On its way to there, which is told before it takes over.
  const future = logs.future(name, partition)
  if (future !== undefined && logs.directoryOf(future)?.id === known) return undefined
  return directoryId === undefined || directoryId === known ? undefined : { topicId, partition, directoryId }
}
