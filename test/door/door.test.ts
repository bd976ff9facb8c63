// The door both ways: Apache Kafka and Odradek take over each other's log directories, again and again, and everything
// is there each time, down to the bytes of the batches.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { freePorts } from '../oracle/kafka.ts'
import { eventually } from '../support/eventually.ts'
import { arrival, move, placesOf } from '../support/log-dirs.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { Cargo } from './cargo.ts'
import { takeCensus } from './census.ts'
import { Journey, type JourneyOptions } from './journey.ts'
import { propertiesText, shippedProperties, startKafkaNode } from './kafka-node.ts'

const MIGRATION = fileURLToPath(new URL('../../docs/migration.md', import.meta.url))
const ROUNDS = 3

let journey: Journey | undefined

async function begin(options: JourneyOptions = {}): Promise<Journey> {
  journey = await Journey.begin(options)
  return journey
}

afterEach(() => journey?.end())

describe('three times round', () => {
  test('from Odradek to Kafka and back', async () => {
    const trip = await begin()
    await trip.stage('odradek', 'stop')
    for (let round = 0; round < ROUNDS; round++) {
      await trip.stage('kafka', 'stop')
      await trip.stage('odradek', 'stop')
    }
  })

  test('from Kafka to Odradek and back, with several log directories', async () => {
    const trip = await begin({ directories: 3 })
    await trip.format()
    await trip.stage('kafka', 'stop')
    for (let round = 0; round < ROUNDS; round++) {
      await trip.stage('odradek', 'stop')
      await trip.stage('kafka', 'stop')
    }
  })

  test('from Kafka to Odradek and back, each killed with -9', async () => {
    const trip = await begin({ directories: 2 })
    await trip.format()
    await trip.stage('kafka', 'kill')
    for (let round = 0; round < ROUNDS; round++) {
      await trip.stage('odradek', 'kill')
      await trip.stage('kafka', 'kill')
    }
  })

  test('with voters that stand in the configuration, some killed and some not', async () => {
    const trip = await begin({ staticVoters: true })
    await trip.format()
    await trip.stage('kafka', 'stop')
    await trip.stage('odradek', 'kill')
    await trip.stage('kafka', 'kill')
    await trip.stage('odradek', 'stop')
    await trip.stage('kafka', 'kill')
    await trip.stage('odradek', 'kill')
    await trip.stage('kafka', 'stop')
  })
})

describe('a directory that was formatted and never started', () => {
  test('begins as it was formatted, with Odradek and then with Kafka', async () => {
    const trip = await begin({ directories: 2 })
    await trip.format('--feature', 'streams.version=0', '--add-scram', 'SCRAM-SHA-256=[name=alice,password=secret]')
    const features = expect.objectContaining({ features: expect.not.arrayContaining(['streams.version=1']) })
    await trip.stage('odradek', 'stop')
    expect(trip.census?.cluster).toEqual(features)
    await trip.stage('kafka', 'stop', async (client) => {
      const { results } = await client.ask(apis.DescribeUserScramCredentials, 0, { users: [{ name: 'alice' }] })
      expect(results).toMatchObject([{ errorCode: 'NONE', credentialInfos: [{ mechanism: 1, iterations: 4096 }] }])
    })
    expect(trip.census?.cluster).toEqual(features)
  })
})

describe('a move between log directories', () => {
  const throttle = (value: string | null) => ({
    resources: [
      {
        resourceType: 4,
        resourceName: '1',
        configs: [
          {
            name: 'replica.alter.log.dirs.io.max.bytes.per.second',
            value,
            configOperation: value === null ? 1 : 0,
          },
        ],
      },
    ],
  })

  test.each([
    ['kafka', 'odradek', 'kill'],
    ['odradek', 'kafka', 'kill'],
    ['kafka', 'odradek', 'stop'],
    ['odradek', 'kafka', 'stop'],
  ] as const)('that %s began ends on %s, after a %s', async (first, second, end) => {
    const trip = await begin({ directories: 2 })
    await trip.format()
    const values = Array.from({ length: 12 }, (_, i) => `${i} ${'x'.repeat(900_000)}`)
    let [from, to] = trip.directories
    await trip.visit(first, end, async (broker) => {
      await broker.topic({ name: 'large' })
      for (const value of values) await broker.append('large', [value])
      if ((await placesOf(broker, 'large'))[0]?.directory !== from) [from, to] = [to, from]
      await broker.ask(apis.IncrementalAlterConfigs, 1, throttle('300000'))
      await move(broker, 'large', to ?? '')
      await eventually('the replica to be on its way', async () => {
        const [, future] = await placesOf(broker, 'large')
        return future !== undefined && future.size > 0 && future.offsetLag > 0
      })
    })
    await trip.visit(second, 'stop', async (broker) => {
      expect(await placesOf(broker, 'large')).toMatchObject([
        { directory: from, isFuture: false },
        { directory: to, isFuture: true },
      ])
      await broker.ask(apis.IncrementalAlterConfigs, 1, throttle(null))
      await arrival(broker, 'large', to ?? '')
      expect((await broker.records('large')).map(({ value }) => String(value))).toEqual(values)
    })
    await trip.visit(first, 'stop', async (broker) => {
      expect(await placesOf(broker, 'large')).toMatchObject([{ directory: to, isFuture: false }])
      expect((await broker.records('large')).map(({ value }) => String(value))).toEqual(values)
    })
  })
})

describe('docs/migration.md', () => {
  test('Kafka starts with the command that it gives', async () => {
    const [, flags = ''] =
      /^bin\/kafka-server-start\.sh config\/server\.properties (.+)$/m.exec(readFileSync(MIGRATION, 'utf8')) ?? []
    const home = mkdtempSync(join(tmpdir(), 'odradek-door-'))
    const data = join(home, 'data')
    const cargo = new Cargo()
    try {
      const odradek = await startOdradek(['--port', '0', '--log-dir', data])
      await cargo.arrive(odradek)
      await cargo.load(0)
      const census = await takeCensus(cargo.client)
      cargo.leave()
      await odradek.stop()

      const [client, controller] = (await freePorts(2)) as [number, number]
      const config = join(home, 'server.properties')
      writeFileSync(config, propertiesText(shippedProperties({ client, controller })))
      expect(flags).toContain('/path/to/data')
      const kafka = await startKafkaNode(home, config, client, flags.replace('/path/to/data', data).split(' '))
      try {
        await cargo.arrive(kafka)
        expect(await takeCensus(cargo.client)).toEqual(census)
        await cargo.goOn()
      } finally {
        cargo.leave()
        await kafka.kill()
      }
    } finally {
      cargo.leave()
      rmSync(home, { recursive: true, force: true })
    }
  })
})
