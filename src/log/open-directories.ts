// Opening all log directories of a broker: they belong to one cluster and one node, and new ones are made theirs.
import type { Io } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { LogDirectory } from './log-directory.ts'

export interface OpenedDirectories {
  readonly clusterId: string
  readonly directories: readonly LogDirectory[]
}

/** Locks and formats; a new cluster gets `newClusterId`. Throws INVALID_CONFIG where directories do not fit together. */
export function openDirectories(
  io: Io,
  paths: readonly string[],
  node: { readonly nodeId: number; readonly newClusterId?: string },
): OpenedDirectories {
  const directories: LogDirectory[] = []
  try {
    for (const path of new Set(paths)) directories.push(LogDirectory.open(io, path))
    const clusterId = checkIdentity(directories, node.nodeId) ?? node.newClusterId ?? io.random.uuid()
    for (const directory of directories) {
      if (directory.meta === undefined) directory.format(clusterId, node.nodeId)
    }
    return { clusterId, directories }
  } catch (error) {
    for (const directory of directories) directory.unlock()
    throw error
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
    if (ids.has(meta.directoryId)) refuse(`has the directory.id ${meta.directoryId} of another of log.dirs`)
    ids.add(meta.directoryId)
    clusterId = meta.clusterId
  }
  return clusterId
}
