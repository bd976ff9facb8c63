// biome-ignore-all format: a table reads best with one row a line
// The configs of a client metrics subscription (KIP-714). Plain data, sorted by name.
import type { ConfigDefinition } from './definition.ts'

export const clientMetricsConfigs = {
  'interval.ms': { type: 'INT', default: '300000', importance: 'MEDIUM', effect: 'acts', doc: 'Time between two pushes of metrics.' },
  'match': { type: 'LIST', default: '', check: 'distinct', importance: 'MEDIUM', effect: 'acts', doc: 'Which clients the subscription is for, as name=pattern pairs.' },
  'metrics': { type: 'LIST', default: '', check: 'distinct', importance: 'MEDIUM', effect: 'acts', doc: 'Prefixes of the names of the metrics to push; empty pushes none.' },
} as const satisfies Record<string, ConfigDefinition>

export type ClientMetricsConfigName = keyof typeof clientMetricsConfigs
