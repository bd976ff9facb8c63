// What is looked at before a log directory is taken over: whether all that its metadata log says can come along. Nobody
// has opened the log yet, and no byte of it is changed; what cannot come along is named.
import type { FileSystem } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { checkFeatures } from './features.ts'
import { MetadataImage } from './image.ts'
import { metadataBatches, metadataDirectory, storedQuorum, visitValues } from './metadata-files.ts'
import { checkQuorum } from './quorum.ts'
import { replayJournal } from './replay.ts'

export interface Inspection {
  readonly fs: FileSystem
  /** The log directory that `metadata.log.dir` names. */
  readonly logDirectory: string
  readonly directoryId: string
  readonly nodeId: number
  /** The ids in `controller.quorum.voters`. */
  readonly staticVoters: readonly number[]
}

/** Whether there is a metadata log in this log directory. */
export function hasMetadataLog(fs: FileSystem, logDirectory: string): boolean {
  return fs.exists(metadataDirectory(logDirectory))
}

/** Throws KAFKA_STORAGE_ERROR, with a sentence that says why, where this node cannot go on with the metadata. */
export function inspectMetadata(inspection: Inspection): void {
  const { fs, logDirectory, nodeId, directoryId, staticVoters } = inspection
  const directory = metadataDirectory(logDirectory)
  if (!fs.exists(directory)) return
  try {
    const stored = storedQuorum(fs, directory)
    // A log that was never written to has no voters yet.
    if (stored.lastEpoch > 0 || stored.quorum.voters.length > 0) {
      const voters = staticVoters.length > 0 ? staticVoters : stored.staticVoters
      checkQuorum(stored.quorum, { nodeId, directoryId }, voters)
    }
    const image = storedImage(inspection, directory)
    checkFeatures(image.features)
    checkTopics(image, nodeId)
  } catch (error) {
    if (error instanceof KafkaError) throw error
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${directory} cannot be taken over: ${(error as Error).message}`)
  }
}

function storedImage({ fs, nodeId }: Inspection, directory: string): MetadataImage {
  const image = new MetadataImage('', nodeId)
  const log = {
    replay: (visit: Parameters<typeof visitValues>[1]) => {
      for (const batch of metadataBatches(fs, directory)) visitValues(batch, visit)
    },
  }
  replayJournal(log, (records) => image.apply(records))
  return image
}

function checkTopics(image: MetadataImage, nodeId: number): void {
  for (const { name, partitions } of image.topics()) {
    for (const { partition, replicas } of partitions) {
      const others = replicas.filter((id) => id !== nodeId)
      if (others.length === 0) continue
      const where = `${others.length === 1 ? 'node' : 'nodes'} ${others.join(', ')}`
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `${name}-${partition} has a replica on ${where}, and this is one node`,
      )
    }
    if (image.topicConfigs(name).get('remote.storage.enable') === 'true') {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `the topic ${name} keeps records in remote storage, which is not there`,
      )
    }
  }
}
