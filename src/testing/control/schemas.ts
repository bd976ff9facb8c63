// The shapes of what the control server takes, in JSON Schema: requests are checked by them, and the OpenAPI document is
// made of them.

export interface Schema {
  readonly [key: string]: unknown
}

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const whole: Schema = { type: 'integer' }
export const natural: Schema = { type: 'integer', minimum: 0 }
export const duration: Schema = {
  description: "Milliseconds, or a text such as '5 minutes'",
  anyOf: [{ type: 'number', minimum: 0 }, { type: 'string' }],
}
const scalar: Schema = { type: ['string', 'number', 'boolean'] }

export function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

/** Offsets by partition. */
export const partitionOffsets: Schema = {
  type: 'object',
  patternProperties: { '^\\d+$': whole },
  additionalProperties: false,
}
export const offsets: Schema = map(partitionOffsets)
export const connections: Schema = { enum: ['keep', 'close'] }
export const topic = { partitions: { type: 'integer', minimum: 1 }, configs: map(scalar) } as const
export const topics: Schema = map(object(topic))

const textOrTexts: Schema = { anyOf: [text, list(text)] }

export const requestSelector: Schema = object({
  api: textOrTexts,
  apiVersion: { anyOf: [whole, { type: 'array', items: whole, minItems: 2, maxItems: 2 }] },
  clientId: text,
  topic: text,
  partition: whole,
  group: text,
  transactionalId: text,
  node: whole,
})

export const faultAction: Schema = {
  anyOf: [
    { type: 'string', description: "An error's name, as Kafka has it" },
    object({
      error: text,
      message: text,
      delay: duration,
      noAnswer: { const: true },
      disconnect: { enum: ['before', 'after'] },
      work: { const: 'done' },
      cut: natural,
      corrupt: { anyOf: [natural, { const: true }] },
      throttle: duration,
    }),
  ],
}

export const faultOptions: Schema = object({
  times: natural,
  after: natural,
  probability: { type: 'number', minimum: 0, maximum: 1 },
  seed: whole,
})

export const diskSelector: Schema = object({ operation: textOrTexts, topic: text, partition: whole, path: text })
export const diskAction: Schema = object({
  code: { enum: ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EACCES'] },
  torn: natural,
  kill: { const: true },
  delay: duration,
})

export const connectionSelector = { clientId: text, id: text, listener: text } as const

export const newRecord: Schema = object({
  key: { description: 'Text; anything else is written as JSON' },
  keyBase64: text,
  value: { description: 'Text; anything else is written as JSON' },
  valueBase64: text,
  headers: map({ type: ['string', 'null'] }),
  partition: natural,
  timestamp: whole,
})

export const expectedRecord: Schema = object({
  key: { description: 'Text; anything else is compared with the JSON that the key is' },
  value: { description: 'Text; anything else is compared with the JSON that the value is' },
  headers: map({ type: ['string', 'null'] }),
  partition: natural,
  offset: natural,
  timestamp: whole,
  transaction: { enum: ['none', 'open', 'committed', 'aborted'] },
})
