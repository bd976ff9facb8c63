#!/usr/bin/env node
// What the container starts: a broker for tests, in memory unless KAFKA_LOG_DIRS says where, and its control server. The
// broker's configs come from the environment by the rule of Apache Kafka's image: KAFKA_NUM_PARTITIONS is num.partitions,
// and of several underscores two are one, three a dash.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { env } = process
/** What that image takes for other things than configs. */
const others = [
  'KAFKA_VERSION',
  'KAFKA_HEAP_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_JMX_HOSTNAME',
]
const defaults = {
  KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092',
  KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:9092',
}
// Listeners of one's own advertise where they say, or where the host is called.
const given = env.KAFKA_LISTENERS === undefined ? { ...defaults, ...env } : env

const overrides = Object.entries(given)
  .filter(([name]) => name.startsWith('KAFKA_') && !others.includes(name))
  .map(([name, value]) => `${configName(name)}=${value}`)

function configName(variable) {
  const dotted = variable.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.')
  return dotted.replaceAll('...', '-').replaceAll('..', '_')
}

// In this very process, so that the signals of the container reach it.
const cli = join(dirname(createRequire(import.meta.url).resolve('odradek/package.json')), 'dist/cli.js')
process.argv = [
  process.execPath,
  cli,
  'start',
  ...(env.KAFKA_LOG_DIRS === undefined && env.KAFKA_LOG_DIR === undefined ? ['--memory'] : []),
  ...['--control', env.ODRADEK_CONTROL_PORT ?? '8080', '--control-host', env.ODRADEK_CONTROL_HOST ?? '0.0.0.0'],
  ...['--log-level', env.ODRADEK_LOG_LEVEL ?? 'warn'],
  ...overrides.flatMap((override) => ['--override', override]),
  ...process.argv.slice(2),
]
await import(pathToFileURL(cli).href)
