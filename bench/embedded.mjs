// Prints, as JSON in ms, what a test waits for: loading the codecs, the rest of the package, the first broker in a process
// and the next one; and of odradek/testing a start, a reset, a snapshot, a restore and a close. Plain JavaScript and a
// process of its own each time: the first time comes only once, and nothing else shall load beside it.
const started = performance.now()
await import('odradek/wire')
const wireLoaded = performance.now()
const { startBroker } = await import('odradek')
const loaded = performance.now()
const options = { memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } }
const first = await startBroker(options)
const firstReady = performance.now()
const second = await startBroker(options)
const secondReady = performance.now()
await first.close()
await second.close()

const testing = await import('odradek/testing')
const TIMES = 30
const all = { testStartMs: [], resetMs: [], snapshotMs: [], restoreMs: [], closeMs: [] }

async function timed(key, work) {
  const begun = performance.now()
  const outcome = await work()
  all[key].push(performance.now() - begun)
  return outcome
}

for (let nth = 0; nth < TIMES; nth++) {
  const broker = await timed('testStartMs', () => testing.startBroker({ topics: { orders: 3 } }))
  await broker.produce(
    'orders',
    Array.from({ length: 100 }, (_, index) => ({ key: `o-${index}`, value: { index } })),
  )
  await broker.commit('billing', { orders: { 0: 1 } })
  const kept = await timed('snapshotMs', () => broker.snapshot())
  await timed('resetMs', () => broker.reset({ topics: { orders: 3 } }))
  await timed('restoreMs', () => broker.restore(kept))
  await timed('closeMs', () => broker.close())
}

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]
console.log(
  JSON.stringify({
    wireMs: wireLoaded - started,
    loadMs: loaded - wireLoaded,
    firstMs: firstReady - loaded,
    nextMs: secondReady - firstReady,
    ...Object.fromEntries(Object.entries(all).map(([key, times]) => [key, median(times)])),
  }),
)
