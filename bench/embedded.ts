// Prints, as JSON, how long loading the package, the first broker in a process and the next one take, in ms.
// Run in a process of its own, since the first time comes only once.
const loading = performance.now()
const { startBroker } = await import('odradek')
const loaded = performance.now()
const first = await startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
const firstReady = performance.now()
const second = await startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
const secondReady = performance.now()
await first.close()
await second.close()
console.log(
  JSON.stringify({ loadMs: loaded - loading, firstMs: firstReady - loaded, nextMs: secondReady - firstReady }),
)
