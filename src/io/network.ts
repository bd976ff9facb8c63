// TCP as the broker sees it: servers that hand over sockets. Node's own types, so that a fake needs no adapter.
import { createServer, type Server, type Socket } from 'node:net'

export type { Server as NetServer, Socket } from 'node:net'

export interface Network {
  /** A server that is not listening yet; every socket has Nagle's algorithm off. */
  createServer(onSocket: (socket: Socket) => void): Server
}

export const realNetwork: Network = {
  createServer: (onSocket) => createServer({ noDelay: true, keepAlive: true }, onSocket),
}
