// Prints, as JSON, how long loading the codecs, the rest of the package, the first broker in a process and the next one
// take, in ms. Plain JavaScript and a process of its own each time: the first time comes only once, and nothing else
// shall load beside it.
const started = performance.now()
await import('odradek/wire')
const wireLoaded = performance.now()
const { startBroker } = await import('odradek')
const loaded = performance.now()
const first = await startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
const firstReady = performance.now()
const second = await startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
const secondReady = performance.now()
await first.close()
await second.close()
console.log(
  JSON.stringify({
    wireMs: wireLoaded - started,
    loadMs: loaded - wireLoaded,
    firstMs: firstReady - loaded,
    nextMs: secondReady - firstReady,
  }),
)
