// The server room's front door.
export { ApiDispatcher } from './dispatch.ts'
export type { Limits } from './limits.ts'
export { type BoundListener, type ListenerAddress, Server } from './server.ts'
