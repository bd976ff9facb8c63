// The server room's front door.
export type { Connection, Reply } from './connection.ts'
export { ApiDispatcher, type Call, type Interceptor, type Outcome, replyOf } from './dispatch.ts'
export type { Limits } from './limits.ts'
export { type BoundListener, type ListenerAddress, Server } from './server.ts'
