import * as kafkajs from 'kafkajs'
import * as testing from 'odradek/testing'
import essentials from './essentials.cjs'

// Mocha has no fake timers of its own; those that people take put others in the place of the global functions.
const real = { setTimeout, setImmediate, clearTimeout, clearImmediate, setInterval, clearInterval, Date }
const fakeTimers = {
  use: () => {
    const nothing = () => ({ unref() {}, ref() {} })
    Object.assign(globalThis, { setTimeout: nothing, setImmediate: nothing, setInterval: nothing })
    globalThis.Date = class extends real.Date {
      static now = () => 0
    }
  },
  restore: () => Object.assign(globalThis, real),
}
for (const [name, run] of essentials(testing, kafkajs, fakeTimers)) it(name, run)
