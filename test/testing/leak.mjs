// Starts, uses and closes so many brokers in this process, one after the other, and prints as JSON what there is of it
// after the first tenth and at the end: handles, open files, threads, memory, and how many of the closed brokers are still
// held. Then it ends by itself, or something is left.
//   node --expose-gc test/testing/leak.mjs 1000
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { serveControl, startBroker } from 'odradek/testing'

const count = Number(process.argv[2] ?? 1000)
const started = performance.now()
const measures = []
const closed = []
for (let nth = 1; nth <= count; nth++) {
  await useOne(nth)
  if (nth === Math.ceil(count / 10) || nth === count) measures.push(await measure(nth))
}
const [early, late] = measures
console.log(JSON.stringify({ count, seconds: (performance.now() - started) / 1000, early, late }))

/** A broker as a test uses it: a client writes, a group commits, something fails, time goes by; now and then more. */
async function useOne(nth) {
  const logDir = nth % 10 === 0 ? mkdtempSync(join(tmpdir(), 'odradek-leak-')) : undefined
  const broker = await startBroker({ topics: { t: { partitions: 2 } }, logDir })
  broker.fail({ api: 'Produce' }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
  const kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 1 } })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 't', messages: [{ key: 'k', value: 'v'.repeat(1000) }] })
  await producer.disconnect()
  await broker.waitForRecords('t', 1)
  await broker.commit('g', { t: { 0: 1 } })
  broker.clock.freeze()
  await broker.clock.advance('1 minute')
  if (nth % 10 === 5) {
    const kept = await broker.snapshot()
    await broker.reset()
    await broker.restore(kept)
    await broker.restart({ kill: true })
  }
  if (nth % 20 === 1) await (await serveControl(broker)).close()
  await broker.close()
  closed.push(new WeakRef(broker))
  if (logDir !== undefined) rmSync(logDir, { recursive: true })
}

async function measure(brokers) {
  // What was closed is gone a few turns later; what is garbage after its finalizers have run.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    brokers,
    held: closed.filter((broker) => broker.deref() !== undefined).length,
    handles: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'TTYWrap' && name !== 'PipeWrap')
      .sort(),
    files: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
    heapMB: (heapUsed + external) / 2 ** 20,
    rssMB: rss / 2 ** 20,
  }
}

/** Linux tells of a process in files; elsewhere this is not looked at. */
function entries(directory) {
  return existsSync(directory) ? readdirSync(directory).length : 0
}
