// A thread of its own in which logs are cleaned: takes steps, does them, tells how they went. It writes `.cleaned` files
// and nothing else; what becomes of them, and everything that is deleted, is the loop's.
import { setTimeout as rest } from 'node:timers/promises'
import { RealFileSystem, serveMessages } from '../io/index.ts'
import { Cleaner } from './cleaner.ts'
import type { CleaningReply, CleaningRequest } from './cleaning-thread.ts'
import { Throttle } from './throttle.ts'

const cleaner = new Cleaner(new RealFileSystem())
let throttle: Throttle | undefined

serveMessages((message) => answer(message as CleaningRequest))

async function answer({ step, pace }: CleaningRequest): Promise<CleaningReply> {
  throttle ??= new Throttle(pace.maxBytesPerSecond, () => performance.now())
  try {
    const work = cleaner.work(step)
    for (;;) {
      const { done, value } = work.next()
      if (done) return { result: value }
      if (typeof value !== 'number') await value
      else {
        const restMs = throttle.observe(value)
        if (restMs > 0) await rest(restMs)
      }
    }
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return { error: { message, code } }
  }
}
