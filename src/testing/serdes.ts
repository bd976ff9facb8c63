// How values become bytes and back: text, JSON, and Avro and Protobuf through the libraries that people use for them.
// The framing of Confluent's serializers (a zero byte and the schema's id) is recognised everywhere.

/** Turns values into bytes and back. */
export interface Serde<T = unknown> {
  /** For messages: `json`, `avro`, … */
  readonly name: string
  serialize(value: T): Buffer
  deserialize(bytes: Buffer): T
}

export interface FramedBytes {
  /** Undefined where the bytes have no frame. */
  readonly schemaId: number | undefined
  readonly payload: Buffer
}

const MAGIC_BYTE = 0
const FRAME_BYTES = 5

/** Takes the frame of Confluent's serializers off: `0`, then the schema's id as four bytes. */
export function unframe(bytes: Buffer): FramedBytes {
  if (bytes.length < FRAME_BYTES || bytes[0] !== MAGIC_BYTE) return { schemaId: undefined, payload: bytes }
  return { schemaId: bytes.readInt32BE(1), payload: bytes.subarray(FRAME_BYTES) }
}

/** Puts the frame of Confluent's serializers before the payload. */
export function frame(schemaId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeInt32BE(schemaId, 1)
  return Buffer.concat([head, payload])
}

export const text: Serde<string> = {
  name: 'text',
  serialize: (value) => Buffer.from(value),
  deserialize: (bytes) => bytes.toString('utf8'),
}

/** JSON, with the frame of a schema registry or without. */
export function json<T = unknown>({ schemaId }: { readonly schemaId?: number } = {}): Serde<T> {
  return {
    name: 'json',
    serialize: (value) => framed(schemaId, Buffer.from(JSON.stringify(value))),
    deserialize: (bytes) => JSON.parse(unframe(bytes).payload.toString('utf8')) as T,
  }
}

/** What is needed of a type of the package avsc: `avsc.Type.forSchema(…)`. */
export interface AvroType<T> {
  toBuffer(value: T): Buffer
  fromBuffer(bytes: Buffer): T
}

/**
 * Avro, by a type of the package `avsc`. Where records are framed and have schemas of several versions, give the types by
 * schema id; those that are written have the first one's.
 */
export function avro<T = unknown>(
  type: AvroType<T> | ReadonlyMap<number, AvroType<T>>,
  { schemaId }: { readonly schemaId?: number } = {},
): Serde<T> {
  const writer = 'toBuffer' in type ? { id: schemaId, type } : firstOf(type)
  return {
    name: 'avro',
    serialize: (value) => framed(writer.id, writer.type.toBuffer(value)),
    deserialize: (bytes) => {
      const { schemaId: id, payload } = unframe(bytes)
      if ('toBuffer' in type) return type.fromBuffer(payload)
      const known = id === undefined ? undefined : type.get(id)
      if (known === undefined) throw new Error(`no Avro type for schema id ${id ?? 'none'}`)
      return known.fromBuffer(payload)
    },
  }
}

function firstOf<T>(types: ReadonlyMap<number, AvroType<T>>): { id: number | undefined; type: AvroType<T> } {
  for (const [id, type] of types) return { id, type }
  throw new TypeError('avro: no type was given')
}

/** What is needed of a type of the package protobufjs. */
export interface ProtobufJsType<T> {
  encode(value: T): { finish(): Uint8Array }
  decode(bytes: Uint8Array): T
}

/** What is needed of a schema of @bufbuild/protobuf: `create`, `toBinary` and `fromBinary` bound to a schema. */
export interface ProtobufCodec<T> {
  toBinary(value: T): Uint8Array
  fromBinary(bytes: Uint8Array): T
}

/**
 * Protobuf, by a type of `protobufjs`, or by a pair of functions over a schema of `@bufbuild/protobuf`. Of framed
 * records, the indexes of the message within its schema are skipped; what is written is the first message of its schema.
 */
export function protobuf<T>(
  type: ProtobufJsType<T> | ProtobufCodec<T>,
  { schemaId }: { readonly schemaId?: number } = {},
): Serde<T> {
  return {
    name: 'protobuf',
    serialize: (value) => {
      const bytes = 'encode' in type ? type.encode(value).finish() : type.toBinary(value)
      // One byte 0 stands for the first message.
      return framed(schemaId, schemaId === undefined ? bytes : Buffer.concat([Buffer.from([0]), bytes]))
    },
    deserialize: (bytes) => {
      const { schemaId: id, payload } = unframe(bytes)
      const message = id === undefined ? payload : withoutIndexes(payload)
      return 'decode' in type ? type.decode(message) : type.fromBinary(message)
    },
  }
}

/** The indexes are a count and so many numbers, all zigzag varints; a single 0 stands for one index 0. */
function withoutIndexes(payload: Buffer): Buffer {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; at < payload.length; shift += 7) {
      const byte = payload[at++] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return (value >>> 1) ^ -(value & 1)
  }
  for (let count = varint(); count > 0; count--) varint()
  return payload.subarray(at)
}

function framed(schemaId: number | undefined, payload: Uint8Array): Buffer {
  return schemaId === undefined ? Buffer.from(payload) : frame(schemaId, payload)
}

/** Bytes as a person would want to see them: text where they are some, else hex; the frame said apart. */
export function shown(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const { schemaId, payload } = unframe(bytes)
  const plain = isText(bytes) ? bytes.toString('utf8') : undefined
  if (plain !== undefined) return JSON.stringify(plain)
  const inner = isText(payload)
    ? JSON.stringify(payload.toString('utf8'))
    : `0x${payload.subarray(0, 64).toString('hex')}`
  return schemaId === undefined ? inner : `schema ${schemaId} ${inner}`
}

function isText(bytes: Buffer): boolean {
  const decoded = bytes.toString('utf8')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what makes bytes no text
  return !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(decoded)
}
