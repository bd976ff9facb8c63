// Levels of loggers: set for one, inherited from the root by the others.
import { expect, test } from 'vitest'
import { testIo } from '../io/testing.ts'
import { BrokerLoggers } from './broker-loggers.ts'

function loggers() {
  const { log, lines } = testIo()
  const all = new BrokerLoggers(log, 'INFO')
  return { all, lines, log: all.logger('replica'), other: all.logger('group') }
}

test('a logger writes from the level of the root on, or from its own', () => {
  const { all, lines, log, other } = loggers()
  all.apply([{ name: 'replica', value: 'DEBUG' }])
  for (const logger of [log, other]) {
    logger.debug({}, 'debug')
    logger.info({}, 'info')
    logger.warn({}, 'warn')
    logger.error({}, 'error')
  }
  const written = lines.map(({ message }) => message)
  expect(written).toEqual(['debug', 'info', 'warn', 'error', 'info', 'warn', 'error'])
})

test('clients see every logger with the level that counts', () => {
  const { all } = loggers()
  all.apply([
    { name: 'root', value: 'FATAL' },
    { name: 'group', value: 'TRACE' },
  ])
  expect([...all.levels()]).toEqual([
    ['root', 'FATAL'],
    ['replica', 'FATAL'],
    ['group', 'TRACE'],
  ])
})

test('a level that is taken back is the root’s again, and the root keeps one', () => {
  const { all, lines, log } = loggers()
  all.apply([{ name: 'replica', value: 'FATAL' }])
  log.error({}, 'unheard')
  all.apply([
    { name: 'replica', value: null },
    { name: 'root', value: null },
  ])
  log.info({}, 'heard')
  expect(lines.map(({ message }) => message)).toEqual(['heard'])
})
