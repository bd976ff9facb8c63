// Answers as tests compare them: error codes by name, so that a failure says what was answered and not a number.
import { type ErrorName, errorName } from '../../src/wire/index.ts'

export type Readable<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer E)[]
    ? Readable<E>[]
    : T extends object
      ? { [K in keyof T]: K extends 'errorCode' | `${string}ErrorCode` ? ErrorName : Readable<T[K]> }
      : T

export function readable<T>(answer: T): Readable<T> {
  return rename(answer, '') as Readable<T>
}

function rename(value: unknown, key: string): unknown {
  if (Buffer.isBuffer(value)) return value
  if (Array.isArray(value)) return value.map((element) => rename(element, ''))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rename(inner, name)]))
  }
  const isCode = key === 'errorCode' || key.endsWith('ErrorCode')
  return isCode ? (errorName(value as number) ?? value) : value
}
