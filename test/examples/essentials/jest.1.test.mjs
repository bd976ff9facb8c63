import * as kafkajs from 'kafkajs'
import * as testing from 'odradek/testing'
import essentials from './essentials.cjs'

const { jest } = import.meta
const fakeTimers = { use: () => jest.useFakeTimers(), restore: () => jest.useRealTimers() }
for (const [name, run] of essentials(testing, kafkajs, fakeTimers)) test(name, run, 30_000)

test('the matchers are there', async () => {
  const broker = await testing.startBroker()
  await broker.produce('t', { value: { n: 1 } })
  expect(broker).toHaveRecord('t', { value: { n: 1 } })
  expect(() => expect(broker).toHaveRecord('t', { value: { n: 2 } })).toThrow('the closest differs')
  await broker.close()
})
