// What is looked at before log directories are taken over, whoever left them: a node of Apache Kafka, or one of ours.
// Changes nothing. What cannot come along is refused with a sentence that names it.
import type { BrokerConfig } from './config/index.ts'
import type { Io } from './io/index.ts'
import { checkFormats, type LogDirectory } from './log/index.ts'
import { hasMetadataLog, inspectMetadata } from './metadata/index.ts'
import { KafkaError } from './wire/index.ts'

function refuse(why: string): never {
  throw new KafkaError('KAFKA_STORAGE_ERROR', why)
}

/** `metadata` is the directory of the metadata log, which may be one of the others too. */
export function inspectDirectories(
  { fs }: Io,
  config: BrokerConfig,
  metadata: LogDirectory,
  directories: readonly LogDirectory[],
): void {
  const online = directories.filter(({ isOffline }) => !isOffline)
  checkIdentities(metadata, online)
  for (const { path } of online) {
    if (path === metadata.path || !hasMetadataLog(fs, path)) continue
    refuse(`${path} has a metadata log, and metadata.log.dir is ${metadata.path}`)
  }
  if (!hasMetadataLog(fs, metadata.path)) checkEmpty(metadata, online)
  inspectMetadata({
    fs,
    logDirectory: metadata.path,
    directoryId: metadata.id ?? '',
    nodeId: config.nodeId,
    staticVoters: config.quorumVoters.map(({ id }) => id),
  })
  for (const directory of online) checkFormats(fs, directory)
}

/** A directory may be new, but not the one that says what is in the others. */
function checkIdentities(metadata: LogDirectory, directories: readonly LogDirectory[]): void {
  const formatted = directories.find(({ meta }) => meta !== undefined)
  if (metadata.meta === undefined && formatted !== undefined) {
    refuse(
      `${metadata.path} has no meta.properties, and ${formatted.path} belongs to a cluster whose metadata it lacks`,
    )
  }
  for (const directory of directories) {
    if (directory.meta === undefined && directory.partitions().length > 0) {
      refuse(`${directory.path} has logs and no meta.properties, so nobody knows which cluster they belong to`)
    }
  }
}

/** Logs that no metadata speaks of would be deleted. */
function checkEmpty(metadata: LogDirectory, directories: readonly LogDirectory[]): void {
  for (const directory of directories) {
    const [first] = directory.partitions()
    if (first === undefined) continue
    refuse(
      `${directory.path} has logs, ${first.topic}-${first.partition} among them, and ${metadata.path} no metadata log`,
    )
  }
}
