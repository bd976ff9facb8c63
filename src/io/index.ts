export type { Clock, File, FileLock, FileStat, FileSystem, Io, Logger, Random, Timer } from './io.ts'
export { type Network, realNetwork } from './network.ts'
