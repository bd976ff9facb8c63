// What no client should send: both brokers must end the connection, and live on.
import type { Script } from '../recorder.ts'

const cases: readonly [note: string, hex: string][] = [
  ['a negative size', 'ffffffff'],
  ['a huge size', '7fffffff'],
  ['an empty frame', '00000000'],
  ['a frame of one byte', '0000000100'],
  ['an unknown API key', '0000000a03e7000000000001ffff'],
  ['a negative API key', '0000000affff000000000001ffff'],
  ['a version too high', '0000000a0003006300000001ffff'],
  ['a negative version', '0000000a0003ffff00000001ffff'],
  ['a removed version', '0000000a0001000000000001ffff'],
  ['a body that is missing', '0000000a0003000100000001ffff'],
  ['a count beyond the frame', '0000000e0003000100000001ffff7fffffff'],
  ['text instead of Kafka', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').toString('hex')],
]

export const hostileScripts: readonly Script[] = cases.map(([note, hex]) => ({
  name: `hostile: ${note}`,
  run: (broker) => broker.sendBytes(Buffer.from(hex, 'hex'), note),
}))
