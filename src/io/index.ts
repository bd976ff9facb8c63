// The front door of the room: the interfaces to the outside, and the worlds behind them.
export { type Attempt, type Fault, type FaultPredicate, FaultyFileSystem, type Operation } from './faulty.ts'
export {
  type Clock,
  type File,
  type FileLock,
  type FileStat,
  type FileSystem,
  type Io,
  isSystemError,
  type Logger,
  type Random,
  type Timer,
  type WorkerEvents,
  type WorkerThread,
} from './io.ts'
export { copyTree, MemoryFileSystem } from './memory.ts'
export { MortalClock, MortalFileSystem } from './mortal.ts'
export { type NetServer, type Network, realNetwork, type Socket } from './network.ts'
export { RealFileSystem, realIo, realRandom, silentLogger } from './real.ts'
export { giveBack, isLent, takeSendBuffer } from './send-buffers.ts'
export { SteeredClock } from './steered-clock.ts'
export { serveMessages } from './workers.ts'
