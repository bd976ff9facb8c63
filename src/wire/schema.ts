// Message schemas as TypeScript values, and the codecs compiled from them.
// A schema is the single source: the type is inferred from it, and the reader and writer of a version are compiled
// into straight-line code the first time that version is used. Importing schemas compiles nothing.
import { DecodeError, EncodeError } from './errors.ts'
import { Reader, Writer } from './primitives.ts'

export { INT64_MAX } from './primitives.ts'

/** Kafka's notation: `3+`, `0-12`, `7`, `none`. */
export type Versions = string

type Primitive = {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  int64: number
  float64: number
  string: string
  uuid: string
  bytes: Buffer
  records: Buffer
}
type PrimitiveKind = keyof Primitive
/** What an encoder takes where a decoder gives a Buffer: any bytes, and for records a vector of slices. */
type PrimitiveDraft = Omit<Primitive, 'bytes' | 'records'> & {
  bytes: Uint8Array
  records: Uint8Array | readonly Uint8Array[]
}

export interface FieldOptions {
  /** The versions at which the field may be null. */
  readonly nullable?: Versions
  readonly default?: unknown
  /** The tag in the versions of `tagged`. */
  readonly tag?: number
  readonly tagged?: Versions
  /** Whether a value is dropped without an error at a version that lacks the field. */
  readonly ignorable?: boolean
  /** `none` for the one field that stays in the old form in flexible versions (the client id in the header). */
  readonly flexible?: Versions
}

/** `Out` is what a decoder gives, `In` what an encoder takes. */
export interface Field<Out = unknown, In = unknown> extends FieldOptions {
  readonly kind: PrimitiveKind | 'struct' | 'array'
  readonly versions: Versions
  /** The element of an array. */
  readonly element?: PrimitiveKind | 'struct'
  readonly structName?: string
  readonly fields?: Fields
  readonly _types?: { out: Out; in: In }
}

export type Fields = Readonly<Record<string, Field>>

type Out<F> = F extends Field<infer O, unknown> ? O : never
type In<F> = F extends Field<unknown, infer I> ? I : never
export type Struct<F extends Fields> = { -readonly [K in keyof F]: Out<F[K]> }
export type StructDraft<F extends Fields> = { readonly [K in keyof F]?: In<F[K]> }
type Nullable<T, O> = O extends { readonly nullable: Versions }
  ? T | null
  : O extends { readonly default: null }
    ? T | null
    : T

/** What decoding a message gives: every field, at its default where the version lacks it. */
export type Infer<M> = M extends Message<infer F> ? Struct<F> : never
/** What encoding a message takes: a field left out stands at its default. */
export type Draft<M> = M extends Message<infer F> ? StructDraft<F> : never

const primitive =
  <K extends PrimitiveKind>(kind: K) =>
  <const O extends FieldOptions = object>(
    versions: Versions,
    options?: O,
  ): Field<Nullable<Primitive[K], O>, Nullable<PrimitiveDraft[K], O>> => ({ kind, versions, ...options })

export const bool = primitive('bool')
export const int8 = primitive('int8')
export const int16 = primitive('int16')
export const uint16 = primitive('uint16')
export const int32 = primitive('int32')
export const uint32 = primitive('uint32')
export const int64 = primitive('int64')
export const float64 = primitive('float64')
export const string = primitive('string')
/** 16 bytes, held as 22 characters of url-safe base64; all zeros is the uuid that stands for none. */
export const uuid = primitive('uuid')
export const bytes = primitive('bytes')
/** A set of record batches, as a slice of its frame. */
export const records = primitive('records')

/** An array of primitives. */
export function array<K extends PrimitiveKind, const O extends FieldOptions = object>(
  element: K,
  versions: Versions,
  options?: O,
): Field<Nullable<Primitive[K][], O>, Nullable<readonly PrimitiveDraft[K][], O>> {
  return { kind: 'array', element, versions, ...options }
}

/** One struct. */
export function struct<F extends Fields, const O extends FieldOptions = object>(
  structName: string,
  versions: Versions,
  fields: F,
  options?: O,
): Field<Nullable<Struct<F>, O>, Nullable<StructDraft<F>, O>> {
  return { kind: 'struct', structName, versions, fields, ...options }
}

/** An array of structs. */
export function structs<F extends Fields, const O extends FieldOptions = object>(
  structName: string,
  versions: Versions,
  fields: F,
  options?: O,
): Field<Nullable<Struct<F>[], O>, Nullable<readonly StructDraft<F>[], O>> {
  return { kind: 'array', element: 'struct', structName, versions, fields, ...options }
}

export type MessageType =
  | 'request'
  | 'response'
  | 'header'
  | 'coordinator-key'
  | 'coordinator-value'
  | 'metadata'
  | 'data'

export interface MessageOptions {
  readonly apiKey?: number
  readonly type: MessageType
  /** The versions that Kafka 4.3 has. */
  readonly versions: Versions
  /** Older versions, which 4.x removed and 3.9 still had. */
  readonly removedVersions?: Versions
  readonly flexible: Versions
  readonly latestVersionUnstable?: boolean
  readonly listeners?: readonly ('broker' | 'controller' | 'zkBroker')[]
}

export interface Message<F extends Fields = Fields> extends MessageOptions {
  readonly name: string
  /** Made when first asked for, so that importing a schema costs next to nothing. */
  readonly fields: () => F
}

export type AnyMessage = Message

export function message<F extends Fields>(name: string, options: MessageOptions, fields: () => F): Message<F> {
  let made: F | undefined
  return {
    name,
    ...options,
    fields: () => {
      made ??= fields()
      return made
    },
  }
}

/** The lowest and highest version of a range; undefined for `none`. */
export function versionRange(versions: Versions): { min: number; max: number } | undefined {
  if (versions === 'none') return undefined
  if (versions.endsWith('+')) return { min: Number(versions.slice(0, -1)), max: Number.POSITIVE_INFINITY }
  const [min, max] = versions.split('-')
  return { min: Number(min), max: Number(max ?? min) }
}

function includes(versions: Versions | undefined, version: number): boolean {
  const range = versions === undefined ? undefined : versionRange(versions)
  return range !== undefined && version >= range.min && version <= range.max
}

/** Whether the schema describes this version, removed ones counted. */
export function hasVersion(schema: AnyMessage, version: number): boolean {
  return includes(schema.versions, version) || includes(schema.removedVersions, version)
}

export function isFlexible(schema: AnyMessage, version: number): boolean {
  return includes(schema.flexible, version)
}

export const EMPTY_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

// --- What a field does at one version

function isTagged(field: Field, version: number): boolean {
  return field.tagged !== undefined && includes(field.tagged, version)
}

function isNullable(field: Field, version: number): boolean {
  return includes(field.nullable, version)
}

/** The bytes that a field takes at the least: what bounds a count before an array is made. */
function minimumSize(kind: Field['kind'], field: Field, version: number, flexible: boolean): number {
  switch (kind) {
    case 'bool':
    case 'int8':
      return 1
    case 'int16':
    case 'uint16':
      return 2
    case 'int32':
    case 'uint32':
      return 4
    case 'int64':
    case 'float64':
      return 8
    case 'uuid':
      return 16
    case 'string':
      return flexible ? 1 : 2
    case 'bytes':
    case 'records':
    case 'array':
      return flexible ? 1 : 4
    case 'struct': {
      if (isNullable(field, version)) return 1
      let size = flexible ? 1 : 0
      for (const inner of Object.values(field.fields ?? {})) {
        if (includes(inner.versions, version) && !isTagged(inner, version)) {
          size += minimumSize(inner.kind, inner, version, flexible)
        }
      }
      return size
    }
  }
}

/** The default as source text; structs and arrays are made anew at each use. */
function defaultSource(field: Field, structDefault: (fields: Fields) => string): string {
  if (field.default === null) return 'null'
  switch (field.kind) {
    case 'array':
      return '[]'
    case 'struct':
      return structDefault(field.fields ?? {})
    case 'string':
      return JSON.stringify(field.default ?? '')
    case 'uuid':
      return JSON.stringify(field.default ?? EMPTY_UUID)
    case 'bytes':
    case 'records':
      return 'EMPTY'
    case 'bool':
      return String(field.default ?? false)
    default:
      return String(field.default ?? 0)
  }
}

function structDefaultSource(fields: Fields): string {
  const members = Object.entries(fields).map(([name, field]) => `${name}: ${defaultSource(field, structDefaultSource)}`)
  return `{ ${members.join(', ')} }`
}

// --- Compilation: one function per struct, straight-line code, field by field

type ReadFunction = (reader: Reader) => unknown
type WriteFunction = (writer: Writer, value: unknown) => void

class Source {
  private readonly functions: string[] = []
  private readonly version: number
  private readonly flexible: boolean

  constructor(version: number, flexible: boolean) {
    this.version = version
    this.flexible = flexible
  }

  private add(text: (name: string) => string): string {
    const name = `f${this.functions.length}`
    this.functions.push('')
    this.functions[Number(name.slice(1))] = text(name)
    return name
  }

  text(): string {
    return this.functions.join('\n')
  }

  private flexibleFor(field: Field): boolean {
    return this.flexible && field.flexible !== 'none'
  }

  // Reading

  reader(fields: Fields): string {
    return this.add((name) => {
      const members: string[] = []
      const tagged: [string, Field][] = []
      for (const [key, field] of Object.entries(fields)) {
        const present = includes(field.versions, this.version)
        if (present && !isTagged(field, this.version)) members.push(`${key}: ${this.readValue(field)}`)
        else {
          members.push(`${key}: ${defaultSource(field, structDefaultSource)}`)
          if (present && isTagged(field, this.version)) tagged.push([key, field])
        }
      }
      const lines = [`function ${name}(r) {`, `  const o = { ${members.join(', ')} };`]
      if (this.flexible) lines.push(...this.readTags(tagged))
      lines.push('  return o;', '}')
      return lines.join('\n')
    })
  }

  private readTags(tagged: readonly [string, Field][]): string[] {
    if (tagged.length === 0) return ['  for (let n = r.uvarint(); n > 0; n--) { r.uvarint(); r.skipTag(); }']
    const cases = tagged.map(
      ([key, field]) =>
        `      case ${field.tag}: { const end = r.openTag(); o.${key} = ${this.readValue(field)}; r.closeTag(end); break; }`,
    )
    return [
      '  for (let n = r.uvarint(); n > 0; n--) {',
      '    switch (r.uvarint()) {',
      ...cases,
      '      default: r.skipTag();',
      '    }',
      '  }',
    ]
  }

  private readValue(field: Field): string {
    const nullable = isNullable(field, this.version)
    const flexible = this.flexibleFor(field)
    if (field.kind === 'struct') {
      const read = `${this.reader(field.fields ?? {})}(r)`
      // Kafka marks null in a tagged field in another way than elsewhere.
      const isNull = isTagged(field, this.version) ? 'r.uvarint() === 0' : 'r.int8() < 0'
      return nullable ? `(${isNull} ? null : ${read})` : read
    }
    if (field.kind === 'array') return `${this.arrayReader(field, nullable, flexible)}(r)`
    return this.readPrimitive(field.kind, nullable, flexible)
  }

  private readPrimitive(kind: PrimitiveKind, nullable: boolean, flexible: boolean): string {
    switch (kind) {
      case 'string':
        return nullable ? `r.nullableString(${flexible})` : `r.string(${flexible})`
      case 'bytes':
      case 'records':
        return nullable ? `r.nullableBytes(${flexible})` : `r.bytes(${flexible})`
      default:
        return `r.${kind}()`
    }
  }

  private arrayReader(field: Field, nullable: boolean, flexible: boolean): string {
    const element = field.element ?? 'struct'
    const size = Math.max(1, minimumSize(element, { ...field, nullable: 'none' }, this.version, this.flexible))
    const read =
      element === 'struct' ? `${this.reader(field.fields ?? {})}(r)` : this.readPrimitive(element, false, flexible)
    return this.add((name) =>
      [
        `function ${name}(r) {`,
        `  const n = r.${nullable ? 'nullableCount' : 'count'}(${flexible}, ${size});`,
        nullable ? '  if (n < 0) return null;' : '',
        '  const a = [];',
        `  for (let i = 0; i < n; i++) a.push(${read});`,
        '  return a;',
        '}',
      ].join('\n'),
    )
  }

  // Writing

  writer(fields: Fields): string {
    return this.add((name) => {
      const lines = [`function ${name}(w, v) {`]
      const tagged: [string, Field][] = []
      for (const [key, field] of Object.entries(fields)) {
        if (!includes(field.versions, this.version)) {
          if (!field.ignorable)
            lines.push(`  if (${this.differs(key, field)}) lacks(${JSON.stringify(key)}, ${this.version});`)
        } else if (isTagged(field, this.version)) tagged.push([key, field])
        else
          lines.push(
            `  { const x = v.${key} === undefined ? ${this.writeDefault(field)} : v.${key}; ${this.writeValue(field, key)} }`,
          )
      }
      if (this.flexible) lines.push(...this.writeTags(tagged))
      lines.push('}')
      return lines.join('\n')
    })
  }

  private writeDefault(field: Field): string {
    return defaultSource(field, () => '{}')
  }

  /** Source text that is true where the value is set and is not the default. */
  private differs(key: string, field: Field): string {
    const value = `v.${key}`
    if (field.kind === 'array') {
      return field.default === null
        ? `${value} != null`
        : `${value} !== undefined && (${value} === null || ${value}.length !== 0)`
    }
    if (field.kind === 'struct') {
      return field.default === null
        ? `${value} != null`
        : `${value} !== undefined && differsFrom(${value}, ${structDefaultSource(field.fields ?? {})})`
    }
    if ((field.kind === 'bytes' || field.kind === 'records') && field.default !== null) {
      return `${value} !== undefined && (${value} === null || ${value}.length !== 0)`
    }
    return `${value} !== undefined && ${value} !== ${this.writeDefault(field)}`
  }

  private writeTags(tagged: readonly [string, Field][]): string[] {
    if (tagged.length === 0) return ['  w.uvarint(0);']
    const ordered = [...tagged].sort(([, a], [, b]) => (a.tag ?? 0) - (b.tag ?? 0))
    const counted = ordered.map(([key, field], i) => `  const t${i} = ${this.differs(key, field)};`)
    const sum = ordered.map((_, i) => `(t${i} ? 1 : 0)`).join(' + ')
    const bodies = ordered.map(([key, field], i) => {
      const write = `{ const x = v.${key}; ${this.writeValue(field, key)} }`
      return `  if (t${i}) { const body = new Writer(64); { const w = body; ${write} } w.tag(${field.tag}, body); }`
    })
    return [...counted, `  w.uvarint(${sum});`, ...bodies]
  }

  private writeValue(field: Field, key: string): string {
    const nullable = isNullable(field, this.version)
    const flexible = this.flexibleFor(field)
    const guard = nullable ? '' : `if (x === null) isNull(${JSON.stringify(key)}, ${this.version}); `
    if (field.kind === 'struct') {
      const write = `${this.writer(field.fields ?? {})}(w, x);`
      const mark = isTagged(field, this.version) ? 'w.uvarint(0)' : 'w.int8(-1)'
      return nullable ? `if (x === null) ${mark}; else { w.int8(1); ${write} }` : guard + write
    }
    if (field.kind === 'array') {
      const element = field.element ?? 'struct'
      const one =
        element === 'struct'
          ? `${this.writer(field.fields ?? {})}(w, x[i]);`
          : this.writePrimitive(element, 'x[i]', false, flexible)
      const all = `w.count(x.length, ${flexible}); for (let i = 0; i < x.length; i++) ${one}`
      return nullable ? `if (x === null) w.count(-1, ${flexible}); else { ${all} }` : guard + all
    }
    return (isPointer(field.kind) ? guard : '') + this.writePrimitive(field.kind, 'x', nullable, flexible)
  }

  private writePrimitive(kind: PrimitiveKind, value: string, nullable: boolean, flexible: boolean): string {
    if (!isPointer(kind)) return `w.${kind}(${value});`
    const method = nullable ? `nullable${kind[0]?.toUpperCase()}${kind.slice(1)}` : kind
    return `w.${method}(${value}, ${flexible});`
  }
}

function isPointer(kind: PrimitiveKind): boolean {
  return kind === 'string' || kind === 'bytes' || kind === 'records'
}

function lacks(key: string, version: number): never {
  throw new EncodeError(`version ${version} cannot carry ${key}`)
}

function isNull(key: string, version: number): never {
  throw new EncodeError(`${key} may not be null in version ${version}`)
}

function differsFrom(value: unknown, standard: unknown): boolean {
  if (value === undefined || value === standard) return false
  if (value === null || standard === null || typeof value !== 'object' || typeof standard !== 'object') return true
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length !== 0
  return Object.entries(value).some(([key, inner]) => differsFrom(inner, (standard as Record<string, unknown>)[key]))
}

interface Codec {
  read: ReadFunction | undefined
  write: WriteFunction | undefined
}

const codecs = new WeakMap<AnyMessage, Codec[]>()
const EMPTY = Buffer.alloc(0)

function codecOf(schema: AnyMessage, version: number): Codec {
  let versions = codecs.get(schema)
  if (versions === undefined) {
    versions = []
    codecs.set(schema, versions)
  }
  let codec = versions[version]
  if (codec === undefined) {
    codec = { read: undefined, write: undefined }
    versions[version] = codec
  }
  return codec
}

function compileRead(schema: AnyMessage, version: number): ReadFunction {
  if (!hasVersion(schema, version)) throw new DecodeError(`${schema.name} has no version ${version}`)
  const source = new Source(version, isFlexible(schema, version))
  const root = source.reader(schema.fields())
  return new Function('EMPTY', `'use strict';\n${source.text()}\nreturn ${root}`)(EMPTY) as ReadFunction
}

function compileWrite(schema: AnyMessage, version: number): WriteFunction {
  if (!hasVersion(schema, version)) throw new EncodeError(`${schema.name} has no version ${version}`)
  const source = new Source(version, isFlexible(schema, version))
  const root = source.writer(schema.fields())
  const make = new Function(
    'EMPTY',
    'Writer',
    'lacks',
    'isNull',
    'differsFrom',
    `'use strict';\n${source.text()}\nreturn ${root}`,
  )
  return make(EMPTY, Writer, lacks, isNull, differsFrom) as WriteFunction
}

/** Reads one message and leaves the reader behind it. Throws DecodeError. */
export function read<F extends Fields>(schema: Message<F>, version: number, reader: Reader): Struct<F> {
  const codec = codecOf(schema, version)
  codec.read ??= compileRead(schema, version)
  return codec.read(reader) as Struct<F>
}

/** Writes one message behind what the writer holds. Throws EncodeError. */
export function write<F extends Fields>(
  schema: Message<F>,
  version: number,
  writer: Writer,
  value: StructDraft<F>,
): void {
  const codec = codecOf(schema, version)
  codec.write ??= compileWrite(schema, version)
  codec.write(writer, value)
}

/** Decodes a message that fills `buffer` from `start` to its end. Throws DecodeError, also for bytes left over. */
export function decode<F extends Fields>(schema: Message<F>, version: number, buffer: Buffer, start = 0): Struct<F> {
  const reader = new Reader(buffer, start)
  const value = read(schema, version, reader)
  if (reader.remaining > 0)
    throw new DecodeError(`${reader.remaining} bytes left over behind ${schema.name} version ${version}`)
  return value
}

/** Encodes a message into one Buffer. Throws EncodeError for what the version cannot carry. */
export function encode<F extends Fields>(schema: Message<F>, version: number, value: StructDraft<F>): Buffer {
  const writer = new Writer()
  write(schema, version, writer, value)
  return writer.toBuffer()
}
