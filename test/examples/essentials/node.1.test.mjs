import { mock, test } from 'node:test'
import * as kafkajs from 'kafkajs'
import * as testing from 'odradek/testing'
import essentials from './essentials.cjs'

const fakeTimers = { use: () => mock.timers.enable(), restore: () => mock.timers.reset() }
for (const [name, run] of essentials(testing, kafkajs, fakeTimers)) test(name, { timeout: 30_000 }, run)
