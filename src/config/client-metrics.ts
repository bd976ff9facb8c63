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
  for (const pattern of patterns) parseMatch(pattern)
}

/** `parameter=expression`; the expression must match the whole value. */
function parseMatch(pattern: string): readonly [parameter: string, expression: RegExp] {
  // Java's split leaves out what is empty at the end.
  const [parameter = '', expression, ...rest] = pattern
    .replace(/=+$/, '')
    .split('=')
    .map((part) => part.trim())
  const compiled = expression === undefined || rest.length > 0 ? undefined : compile(expression)
  if (compiled === undefined || !matchParameters.has(parameter)) {
    throw new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${pattern}`)
  }
  return [parameter, compiled]
}

function compile(expression: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${expression})$`)
  } catch {
    return undefined
  }
}

/** What a subscription says. */
export interface ClientMetricsConfig {
  readonly metrics: readonly string[]
  readonly intervalMs: number
  /** By what of the client they are about; of two that are about the same, the later counts. */
  readonly match: ReadonlyMap<string, RegExp>
}

/** Reads the configs of a subscription, which were checked when they were set. */
export function resolveClientMetrics(configs: ConfigMap): ClientMetricsConfig {
  const value = (name: ClientMetricsConfigName) => {
    const text = configs.get(name) ?? clientMetricsConfigs[name].default
    return parseConfig(name, clientMetricsConfigs[name], text)
  }
  return {
    metrics: value('metrics') as readonly string[],
    intervalMs: value('interval.ms') as number,
    match: new Map((value('match') as readonly string[]).map(parseMatch)),
  }
}
