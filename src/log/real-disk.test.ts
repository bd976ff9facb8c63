// What only a real disk has: files that were allocated ahead, and times of files that are set.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FaultyFileSystem, isSystemError, RealFileSystem } from '../io/index.ts'
import { testIo } from '../io/testing.ts'
import { readRecords } from '../wire/records/index.ts'
import { append, batchOf, type OpenedLog, openLog } from './testing.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odradek-log-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** A log on the disk, in a directory of this test. */
function onDisk(configs: Record<string, string>): OpenedLog {
  return openLog({ io: testIo({ fs: new FaultyFileSystem(new RealFileSystem()) }), root, configs })
}

describe('A log with preallocate', () => {
  const configs = { preallocate: 'true', 'internal.segment.bytes': '4096' }
  const sizeOf = ({ log }: OpenedLog, index: number) => statSync(log.segments[index]?.path ?? '').size
  const values = ({ log }: OpenedLog) =>
    Array.from(log.wholeBatches(0), ({ buffer, at }) =>
      readRecords(buffer, at).map(({ value }) => String(value)),
    ).flat()

  test('has whole segments on the disk while they are in use, and no more than the records later', async () => {
    const opened = onDisk(configs)
    expect(sizeOf(opened, 0)).toBe(4096)
    append(opened, batchOf(['a']))
    expect(sizeOf(opened, 0)).toBe(4096)
    opened.log.roll()
    expect(sizeOf(opened, 0)).toBe(opened.log.segments[0]?.size)
    expect(sizeOf(opened, 1)).toBe(4096)
    append(opened, batchOf(['b']))
    expect(values(opened)).toEqual(['a', 'b'])
    await opened.log.close()
    expect(sizeOf(opened, 1)).toBe(opened.log.segments[1]?.size)
  })

  test('finds its end after a kill', () => {
    const opened = onDisk(configs)
    for (const value of ['a', 'b', 'c']) append(opened, batchOf([value]))
    opened.log.takeOffline()
    const after = onDisk(configs)
    expect(values(after)).toEqual(['a', 'b', 'c'])
    expect(append(after, batchOf(['d'])).baseOffset).toBe(3)
  })
})

describe('The file system', () => {
  const fs = new RealFileSystem()

  test('sets the time of a file', () => {
    const path = join(root, 'file')
    writeFileSync(path, 'x')
    fs.setModified(path, 1_234_567_000)
    expect(fs.stat(path).mtimeMs).toBe(1_234_567_000)
  })

  test('starts no thread without a script', () => {
    const events = { onMessage: () => undefined, onFailure: () => undefined }
    expect(fs.startWorker([join(root, 'missing.js')], events)).toBeUndefined()
  })

  test('tells what the system refuses apart from mistakes', () => {
    const errorOf = (attempt: () => unknown) => {
      try {
        return attempt()
      } catch (error) {
        return error
      }
    }
    expect(isSystemError(errorOf(() => fs.readFile(join(root, 'missing'))))).toBe(true)
    expect(isSystemError(errorOf(() => Buffer.alloc(1).readInt32BE(0)))).toBe(false)
    expect(isSystemError(new Error('EIO'))).toBe(false)
  })
})
