import { describe, expect, test } from 'vitest'
import { Framer, FrameSizeError } from './framer.ts'

function framed(...bodies: Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, body]
    }),
  )
}

function cut(stream: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size))
  return chunks
}

describe('a framer', () => {
  const bodies = [Buffer.from('a'), Buffer.alloc(3000, 'b'), Buffer.from('third'), Buffer.alloc(100_000, 'd')]

  test.each([1, 2, 3, 4, 5, 7, 64, 3003, 65_536, 1_000_000])('finds every frame in chunks of %d bytes', (size) => {
    const framer = new Framer(() => 1_000_000)
    const frames: Buffer[] = []
    for (const chunk of cut(framed(...bodies), size)) framer.push(chunk, (frame) => frames.push(frame))
    expect(frames.map((frame) => frame.toString())).toEqual(bodies.map((body) => body.toString()))
  })

  test('does not copy a frame that lies in one chunk', () => {
    const framer = new Framer(() => 1000)
    const chunk = framed(Buffer.from('whole'))
    framer.push(chunk, (frame) => expect(frame.buffer).toBe(chunk.buffer))
  })

  test.each([
    ['a negative size', Buffer.from('ffffffff', 'hex')],
    ['an empty frame', Buffer.from('0000000000', 'hex')],
    ['a size over the limit', Buffer.from('000003e9', 'hex')],
  ])('refuses %s', (_, bytes) => {
    const framer = new Framer(() => 1000)
    expect(() => framer.push(Buffer.concat([bytes, Buffer.from([0])]), () => undefined)).toThrow(FrameSizeError)
  })

  test('takes memory as bytes arrive, not as a size promises', () => {
    const framer = new Framer(() => 2 ** 31 - 1)
    const before = process.memoryUsage().arrayBuffers
    framer.push(Buffer.from('7fffffff00', 'hex'), () => undefined)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20)
  })
})
