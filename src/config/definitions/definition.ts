// The shape of one config's definition, and the TypeScript type its value has once parsed.
// Only types live here; how a text becomes a value is in ../values.ts.

export type ConfigType = 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD'

/** A check beyond type, range and list of values; each is named after Kafka's validator. */
export type ConfigCheck =
  | 'non-empty'
  | 'non-null'
  | 'distinct'
  | 'distinct-non-empty'
  | 'gzip-level'
  | 'throttled-replicas'
  | 'quorum-voters'
  | 'bootstrap-servers'
  | 'share-offset-reset'

export interface ConfigDefinition {
  readonly type: ConfigType
  /** The default in Kafka's own text form; null when there is none. */
  readonly default: string | null
  /** Kafka refuses to start without it. */
  readonly required?: true
  readonly min?: number
  readonly max?: number
  readonly oneOf?: readonly string[]
  readonly oneOfAnyCase?: readonly string[]
  readonly check?: ConfigCheck
  readonly importance: 'HIGH' | 'MEDIUM' | 'LOW'
  /** Kafka leaves it out of what DescribeConfigs lists unless it was set. */
  readonly internal?: true
  /** How a broker config may change at run time; absent when only a restart changes it. */
  readonly dynamic?: 'per-broker' | 'cluster-wide'
  /** For topic and group configs: the broker configs that are their default, the strongest first. */
  readonly broker?: readonly string[]
  /** Whether this broker does what the config says, or takes it and carries on. */
  readonly effect: 'acts' | 'accepted'
  readonly doc: string | null
}

export type ConfigDefinitions = Readonly<Record<string, ConfigDefinition>>

export type ConfigValue = string | number | boolean | readonly string[] | null

type PresentValue<T extends ConfigType> = T extends 'BOOLEAN'
  ? boolean
  : T extends 'INT' | 'SHORT' | 'LONG' | 'DOUBLE'
    ? number
    : T extends 'LIST'
      ? readonly string[]
      : string

/** The type of a config's value, null where it has no default. */
export type ValueOf<D extends ConfigDefinition> = D extends { required: true }
  ? PresentValue<D['type']>
  : D['default'] extends null
    ? PresentValue<D['type']> | null
    : PresentValue<D['type']>
