// The wire, whole: schemas, codecs, frames, errors and records. Public as `odradek/wire`.
export { DecodeError, EncodeError, ErrorCode, type ErrorName, errorName, isRetriable, KafkaError } from './errors.ts'
export {
  encodeRequest,
  encodeResponse,
  openRequest,
  peekRequest,
  type RequestFrame,
  requestHeaderVersion,
  responseHeaderVersion,
} from './frame.ts'
export { fromJson, type Json, toJson } from './json.ts'
export * from './messages/index.ts'
export { INT64_MAX, INT64_MIN, Reader, Writer } from './primitives.ts'
export {
  type AnyMessage,
  type Draft,
  decode,
  EMPTY_UUID,
  encode,
  hasVersion,
  type Infer,
  isFlexible,
  type Message,
  read,
  type Versions,
  versionRange,
  write,
} from './schema.ts'
