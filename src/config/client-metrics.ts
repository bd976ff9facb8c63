// The configs of a client metrics subscription (KIP-714): which clients push which metrics, and how often.
import { KafkaError } from '../wire/errors.ts'
import type { ConfigMap } from './broker-config.ts'
import { type ClientMetricsConfigName, clientMetricsConfigs } from './definitions/client-metrics-configs.ts'
import { parseConfig } from './values.ts'

const matchParameters: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** Checks the configs a subscription would have, with the two error codes Kafka's controller uses. */
export function validateClientMetricsConfigs(subscription: string, configs: ConfigMap): void {
  if (subscription === '') throw new KafkaError('INVALID_REQUEST', "Subscription name can't be empty")
  for (const name of configs.keys()) {
    if (!Object.hasOwn(clientMetricsConfigs, name)) {
      throw new KafkaError('INVALID_REQUEST', `Unknown client metrics configuration: ${name}`)
    }
  }
  for (const [name, text] of configs) {
    const value = parseConfig(name, clientMetricsConfigs[name as ClientMetricsConfigName], text)
    if (name === 'interval.ms') checkInterval(value as number)
    if (name === 'match') checkMatch(value as readonly string[])
  }
}

function checkInterval(intervalMs: number): void {
  if (intervalMs >= 100 && intervalMs <= 3_600_000) return
  throw new KafkaError(
    'INVALID_REQUEST',
    `Invalid value ${intervalMs} for interval.ms, interval must be between 100 and 3600000 (1 hour)`,
  )
}

function checkMatch(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    const [parameter = '', expression, ...rest] = pattern.split('=').map((part) => part.trim())
    if (expression !== undefined && rest.length === 0 && matchParameters.has(parameter) && isRegExp(expression))
      continue
    throw new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${pattern}`)
  }
}

function isRegExp(expression: string): boolean {
  try {
    new RegExp(expression)
    return true
  } catch {
    return false
  }
}
