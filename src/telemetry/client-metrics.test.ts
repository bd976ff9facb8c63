// What only time, a crowd or a receiver shows of client metrics; the rest is in test/compat.
import { expect, test } from 'vitest'
import { ConfigResourceType, loadBrokerConfig } from '../config/index.ts'
import { testIo } from '../io/testing.ts'
import { MetadataImage } from '../metadata/index.ts'
import { EMPTY_UUID, ErrorCode, KafkaError } from '../wire/index.ts'
import { compress } from '../wire/records/index.ts'
import { ClientMetrics, type ClientTelemetry, type TelemetryReceiver } from './client-metrics.ts'

const INTERVAL_MS = 100_000

function room(receiver?: TelemetryReceiver) {
  const { clock, random, log } = testIo()
  const image = new MetadataImage('cluster', 1)
  const set = (name: string, value: string | null, resourceName = 'everyone') => {
    const data = { resourceType: ConfigResourceType.CLIENT_METRICS, resourceName, name, value }
    image.apply([{ type: 'ConfigRecord', version: 0, data }])
  }
  const metrics = new ClientMetrics({ image, config: () => loadBrokerConfig(), clock, random, log, receiver })
  set('interval.ms', String(INTERVAL_MS))
  set('metrics', 'a.')
  return { clock, metrics, set }
}

const clientOf = (connectionId: string) => ({
  clientId: 'client',
  softwareName: 'tool',
  softwareVersion: '1',
  address: '127.0.0.1',
  port: 1,
  connectionId,
})
const client = clientOf('first')

function errorOf(attempt: () => unknown): number {
  try {
    attempt()
    return ErrorCode.NONE
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return error.code
  }
}

const pushOf = ({ clientInstanceId, subscriptionId }: { clientInstanceId: string; subscriptionId: number }) => ({
  clientInstanceId,
  subscriptionId,
  terminating: false,
  compressionType: 0,
  metrics: Buffer.from('x'),
})

test('a client may push once in an interval, and ask once', () => {
  const { clock, metrics } = room()
  const told = metrics.get(EMPTY_UUID, client)
  const push = () => errorOf(() => metrics.push(pushOf(told), client))
  const get = () => errorOf(() => metrics.get(told.clientInstanceId, client))
  clock.advance(INTERVAL_MS / 2)
  expect(push(), 'the first one, spread over the interval').toBe(ErrorCode.NONE)
  clock.advance(INTERVAL_MS - 1)
  expect([push(), get()]).toEqual([ErrorCode.THROTTLING_QUOTA_EXCEEDED, ErrorCode.THROTTLING_QUOTA_EXCEEDED])
  clock.advance(1)
  expect(push()).toBe(ErrorCode.NONE)
  clock.advance(INTERVAL_MS)
  expect([get(), push()]).toEqual([ErrorCode.NONE, ErrorCode.NONE])
})

test('a change of the subscriptions is told at once', () => {
  const { clock, metrics, set } = room()
  const told = metrics.get(EMPTY_UUID, client)
  clock.advance(1)
  set('metrics', 'b.')
  expect(errorOf(() => metrics.push(pushOf(told), client))).toBe(ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
  const again = metrics.get(told.clientInstanceId, client)
  expect(again.requestedMetrics).toEqual(['b.'])
  set('metrics', null)
  set('interval.ms', null)
  expect(metrics.get(told.clientInstanceId, client)).toMatchObject({ requestedMetrics: [], pushIntervalMs: 300_000 })
})

test('a client that was silent for three intervals is forgotten, as is one whose connection ended', () => {
  const { clock, metrics } = room()
  const told = metrics.get(EMPTY_UUID, client)
  metrics.push({ ...pushOf(told), terminating: true }, client)
  const isKnown = () => errorOf(() => metrics.push(pushOf(told), client)) === ErrorCode.INVALID_REQUEST
  expect(isKnown()).toBe(true)
  // The answer was no, and counts as a sign of life; terminating is as it said last.
  metrics.push({ ...pushOf(told), terminating: true }, client)
  clock.advance(3 * INTERVAL_MS - 1)
  expect(clock.timers).toBe(1)
  clock.advance(1)
  expect(clock.timers).toBe(0)
  expect(isKnown()).toBe(false)
  metrics.onDisconnect('another')
  expect(clock.timers).toBe(1)
  metrics.onDisconnect(client.connectionId)
  expect(clock.timers).toBe(0)
})

test('of a crowd, those are known that were there last', () => {
  const { clock, metrics } = room()
  const first = metrics.get(EMPTY_UUID, clientOf('0'))
  const second = metrics.get(EMPTY_UUID, clientOf('1'))
  for (let i = 2; i < 16_384; i++) metrics.get(EMPTY_UUID, clientOf(String(i)))
  expect(clock.timers).toBe(16_384)
  metrics.push(pushOf(first), clientOf('0'))
  metrics.get(EMPTY_UUID, clientOf('one too many'))
  expect(clock.timers).toBe(16_384)
  const asksAgain = (told: { clientInstanceId: string }) =>
    errorOf(() => metrics.get(told.clientInstanceId, clientOf('again')))
  expect(asksAgain(first)).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  expect(asksAgain(second), 'forgotten').toBe(ErrorCode.NONE)
})

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('the receiver gets what came in %s', (codec) => {
  const received: ClientTelemetry[] = []
  const { metrics } = room((telemetry) => received.push(telemetry))
  expect(metrics.hasReceiver).toBe(true)
  const told = metrics.get(EMPTY_UUID, client)
  const data = Buffer.from('metrics '.repeat(1000))
  const compressionType = ['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(codec)
  metrics.push({ ...pushOf(told), compressionType, metrics: compress(codec, data) }, client)
  expect(received).toEqual([
    {
      clientInstanceId: told.clientInstanceId,
      isTerminating: false,
      contentType: 'OTLP',
      data,
      pushIntervalMs: INTERVAL_MS,
      client,
    },
  ])
})

test('a receiver that throws makes the push an invalid record', () => {
  const { metrics } = room(() => {
    throw new Error('full')
  })
  const told = metrics.get(EMPTY_UUID, client)
  expect(errorOf(() => metrics.push(pushOf(told), client))).toBe(ErrorCode.INVALID_RECORD)
})
