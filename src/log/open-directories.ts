// Opening all log directories of a broker: they belong to one cluster and one node, and new ones are made theirs.
import { type Io, isSystemError } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { LogDirectory } from './log-directory.ts'

export interface OpenedDirectories {
  readonly clusterId: string
  readonly directories: readonly LogDirectory[]
}

export interface Node {
  readonly nodeId: number
  /** What a new cluster is called. */
  readonly newClusterId?: string
  /** Looks at the directories before anything in them is changed, and throws where they are not to be taken. */
  readonly inspect?: (directories: readonly LogDirectory[]) => void
}

/**
 * Locks and formats. Where the system refuses something in a directory, it is offline
 * from the start, but the first one, which has the metadata, must be there. Throws INVALID_CONFIG where directories do
 * not fit together.
 */
export function openDirectories(io: Io, paths: readonly string[], node: Node): OpenedDirectories {
  const directories: LogDirectory[] = []
  try {
    for (const path of new Set(paths)) directories.push(open(io, path, { mayFail: directories.length > 0 }))
    const clusterId = checkIdentity(directories, node.nodeId) ?? node.newClusterId ?? io.random.uuid()
    node.inspect?.(directories)
    for (const [index, directory] of directories.entries()) {
      identify(io, directory, { clusterId, nodeId: node.nodeId }, { mayFail: index > 0 })
    }
    return { clusterId, directories }
  } catch (error) {
    for (const directory of directories) directory.unlock()
    throw error
  }
}

function open(io: Io, path: string, { mayFail }: { mayFail: boolean }): LogDirectory {
  try {
    return LogDirectory.open(io, path)
  } catch (error) {
    if (!mayFail || !isSystemError(error)) throw error
    io.log.error({ directory: path, err: error }, 'a log directory is offline from the start')
    return LogDirectory.offline(io, path)
  }
}

/** Gives the directory what it lacks of an identity. */
function identify(
  io: Io,
  directory: LogDirectory,
  { clusterId, nodeId }: { readonly clusterId: string; readonly nodeId: number },
  { mayFail }: { mayFail: boolean },
): void {
  if (directory.isOffline || directory.id !== undefined) return
  try {
    directory.format(clusterId, nodeId)
  } catch (error) {
    if (!mayFail || !isSystemError(error)) throw error
    io.log.error({ directory: directory.path, err: error }, 'a log directory could not be formatted, and is offline')
    directory.isOffline = true
  }
}

/** The cluster that the directories belong to; undefined where all are new. */
function checkIdentity(directories: readonly LogDirectory[], nodeId: number): string | undefined {
  let clusterId: string | undefined
  const ids = new Set<string>()
  for (const { path, meta } of directories) {
    if (meta === undefined) continue
    const refuse = (why: string): never => {
      throw new KafkaError('INVALID_CONFIG', `the log directory ${path} ${why}`)
    }
    if (meta.nodeId !== nodeId) refuse(`belongs to node ${meta.nodeId}, and node.id is ${nodeId}`)
    if (clusterId !== undefined && meta.clusterId !== clusterId) {
      refuse(`belongs to cluster ${meta.clusterId}, and another of log.dirs to ${clusterId}`)
    }
    const { directoryId } = meta
    if (directoryId !== undefined && ids.has(directoryId)) {
      refuse(`has the directory.id ${directoryId} of another of log.dirs`)
    }
    if (directoryId !== undefined) ids.add(directoryId)
    clusterId = meta.clusterId
  }
  return clusterId
}
