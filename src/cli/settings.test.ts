import { expect, test } from 'vitest'
import { brokerProperties, type StartFlags } from './settings.ts'

const quiet = { logLevel: 'warn', logFormat: 'text' } as const
const properties = (flags: Partial<StartFlags>, file?: string) => brokerProperties({ ...quiet, ...flags }, file)

test('without flags the broker listens on 127.0.0.1:9092 and keeps its log in ./data', () => {
  expect(properties({})).toEqual({ listeners: 'PLAINTEXT://127.0.0.1:9092', 'log.dirs': 'data' })
})

test('--port and --host make one plaintext listener', () => {
  expect(properties({ port: 0 }).listeners).toBe('PLAINTEXT://127.0.0.1:0')
  expect(properties({ host: '0.0.0.0' }).listeners).toBe('PLAINTEXT://0.0.0.0:9092')
  expect(properties({ host: '::1', port: 1 }).listeners).toBe('PLAINTEXT://[::1]:1')
})

test('the listeners of the file stand unless a flag says otherwise', () => {
  const file = 'listeners=INSIDE://:9094,OUTSIDE://:9095'
  expect(properties({}, file).listeners).toBe('INSIDE://:9094,OUTSIDE://:9095')
  expect(properties({ port: 1 }, file).listeners).toBe('PLAINTEXT://127.0.0.1:1')
})

test("--port leaves the controller's listener as it is, and advertises nothing of the file's", () => {
  const file =
    'controller.listener.names=CONTROLLER\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\nadvertised.listeners=PLAINTEXT://a:1,CONTROLLER://a:2'
  expect(properties({ port: 0 }, file)).toEqual({
    'controller.listener.names': 'CONTROLLER',
    listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://:9093',
    'log.dirs': 'data',
  })
})

test('the file is a properties file, with comments, continued lines and escapes', () => {
  const file = '# a comment\n! another\nnum.partitions : 3\nsasl.jaas.config=a \\\n  b\nx=\\u0041 \n'
  expect(properties({}, file)).toMatchObject({ 'num.partitions': '3', 'sasl.jaas.config': 'a b', x: 'A' })
})

test('--override is stronger than flags, and flags are stronger than the file', () => {
  const file = 'log.dirs=/file\nnum.partitions=1'
  expect(properties({}, file)['log.dirs']).toBe('/file')
  expect(properties({ logDir: ['/a', '/b'] }, file)['log.dirs']).toBe('/a,/b')
  const override = { 'log.dirs': '/o', listeners: 'PLAINTEXT://:1', 'num.partitions': '7' }
  expect(properties({ logDir: ['/a'], port: 2, override }, file)).toEqual(override)
})

test('log.dir is the log directory where log.dirs is not given', () => {
  expect(properties({}, 'log.dir=/one')).toMatchObject({ 'log.dirs': '/one' })
  expect(properties({}, 'log.dir=/one\nlog.dirs=/two')['log.dirs']).toBe('/two')
  expect(properties({ override: { 'log.dir': '/three' } }, 'log.dirs=/two')['log.dirs']).toBe('/three')
  expect(properties({}, 'log.dir=/one')).not.toHaveProperty('log.dir')
})
