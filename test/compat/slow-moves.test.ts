// Moves between log directories that take their time: what is seen of them, how they are turned round and called off.
// And a directory that is cordoned. One test after the other, since these are configs of the broker.

import { apis, expect, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { arrival, move, placesOf, twoDirectories } from '../support/log-dirs.ts'

const { configs, a, b } = twoDirectories()
const test = testWith(configs)

const THROTTLE = 'replica.alter.log.dirs.io.max.bytes.per.second'
const BROKER = 4

async function configure(broker: TestBroker, name: string, value: string | null): Promise<void> {
  const operation = { name, value, configOperation: value === null ? 1 : 0 }
  const resources = [{ resourceType: BROKER, resourceName: '1', configs: [operation] }]
  const { responses } = await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
  expect(responses[0]).toMatchObject({ errorCode: 'NONE' })
}

const other = (path: string) => (path === a ? b : a)

/** A partition with far more than is moved in a moment. */
async function large(broker: TestBroker): Promise<{ name: string; from: string; to: string; size: number }> {
  const { name } = await broker.topic()
  for (let i = 0; i < 12; i++) await broker.append(name, ['x'.repeat(900_000)])
  const [place] = await placesOf(broker, name)
  const from = place?.directory ?? ''
  return { name, from, to: other(from), size: place?.size ?? 0 }
}

async function onItsWay(broker: TestBroker, name: string, to: string): Promise<void> {
  await eventually('the replica to be on its way', async () => {
    const [, future] = await placesOf(broker, name)
    return future?.directory === to && future.isFuture && future.offsetLag > 0
  })
}

test('moves that are slow are seen, turned round, called off, and outlive what is asked again', async ({ broker }) => {
  const { name, from, to, size } = await large(broker)
  await configure(broker, THROTTLE, '300000')
  expect(await move(broker, name, to)).toBe('NONE')
  await onItsWay(broker, name, to)
  const [current, future] = await placesOf(broker, name)
  expect(current).toEqual({ directory: from, isFuture: false, size, offsetLag: 0 })
  expect(future?.offsetLag).toBeLessThanOrEqual(12)
  expect(future?.size).toBeLessThan(size)

  expect(await move(broker, name, to), 'asked again').toBe('NONE')
  await onItsWay(broker, name, to)
  expect(await broker.append(name, ['served as ever'])).toBe(12)
  expect(await broker.endOffset(name)).toBe(13)

  expect(await move(broker, name, from), 'called off').toBe('NONE')
  expect(await placesOf(broker, name)).toMatchObject([{ directory: from, isFuture: false }])

  expect(await move(broker, name, to), 'begun anew').toBe('NONE')
  await onItsWay(broker, name, to)
  await configure(broker, THROTTLE, null)
  await arrival(broker, name, to)
  expect(await broker.endOffset(name)).toBe(13)

  await configure(broker, 'cordoned.log.dirs', from)
  await eventually('the cordon', async () => (await move(broker, name, from)) === 'INVALID_REPLICA_ASSIGNMENT')
  expect(await move(broker, name, to), 'where it is').toBe('NONE')
  await configure(broker, 'cordoned.log.dirs', null)
  await eventually('the end of the cordon', async () => (await move(broker, name, from)) === 'NONE')
  await arrival(broker, name, from)
})
