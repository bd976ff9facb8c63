// Every schema, held against Kafka's own definitions: those of 4.3.1 to the letter, those of 3.9.2 at the versions
// that 4.x removed.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allMessages, ErrorCode, errorName, isRetriable, messageByName, versionRange } from './index.ts'
import type { Field, Fields } from './schema.ts'

interface FactField {
  name: string
  type: string
  versions?: string
  nullableVersions?: string
  taggedVersions?: string
  tag?: number | string
  default?: unknown
  ignorable?: boolean
  flexibleVersions?: string
  fields?: FactField[]
}

interface Fact {
  name: string
  type: string
  apiKey?: number
  validVersions: string
  flexibleVersions?: string
  latestVersionUnstable?: boolean
  listeners?: string[]
  fields?: FactField[]
  commonStructs?: FactField[]
}

function facts(file: string): Fact[] {
  return JSON.parse(readFileSync(new URL(`../../test/facts/${file}`, import.meta.url), 'utf8')) as Fact[]
}

const current = facts('messages-4.3.1.json')
const metadata = facts('metadata-records-4.3.1.json')
const old = facts('messages-3.9.2.json')

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

function within(versions: string | undefined, version: number): boolean {
  const range = versionRange(versions ?? 'none')
  return range !== undefined && version >= range.min && version <= range.max
}

function overlaps(versions: string, others: string): boolean {
  const [a, b] = [versionRange(versions), versionRange(others)]
  return a !== undefined && b !== undefined && a.min <= b.max && b.min <= a.max
}

function factDefault({ type, default: value }: FactField): unknown {
  // A JSON null is no default in Kafka's generator; the text 'null' is.
  if (value === undefined || value === null) return undefined
  if (value === 'null') return null
  const text = String(value)
  if (type === 'bool') return text.toLowerCase() === 'true'
  if (type.startsWith('[]') || text === '{}' || (text === '' && type !== 'string')) return undefined
  return type === 'string' || type === 'uuid' ? text : Number(text)
}

/** A fact's field and ours, in one form. */
function ofFact(field: FactField, structs: Map<string, FactField[]>, versions: string): object {
  const element = field.type.replace('[]', '')
  const inner = field.fields ?? structs.get(element)
  return {
    name: camel(field.name),
    type: field.type,
    versions: field.versions ?? field.taggedVersions,
    nullable: field.nullableVersions,
    tag: field.tag === undefined ? undefined : Number(field.tag),
    tagged: field.taggedVersions,
    default: factDefault(field),
    ignorable: field.ignorable ?? false,
    flexible: field.flexibleVersions,
    fields: inner === undefined ? undefined : ofFacts(inner, structs, versions),
  }
}

function ofFacts(fields: FactField[], structs: Map<string, FactField[]>, versions: string): object[] {
  return fields
    .filter((field) => overlaps(field.versions ?? field.taggedVersions ?? 'none', versions))
    .map((field) => ofFact(field, structs, versions))
}

function typeOf(field: Field): string {
  const element = field.kind === 'array' ? field.element : field.kind
  const name = element === 'struct' ? field.structName : element
  return field.kind === 'array' ? `[]${name}` : `${name}`
}

function ofOurs(fields: Fields, versions: string): object[] {
  return Object.entries(fields)
    .filter(([, field]) => overlaps(field.versions, versions))
    .map(([name, field]) => ({
      name,
      type: typeOf(field),
      versions: field.versions,
      nullable: field.nullable,
      tag: field.tag,
      tagged: field.tagged,
      default: field.default,
      ignorable: field.ignorable ?? false,
      flexible: field.flexible,
      fields: field.fields === undefined ? undefined : ofOurs(field.fields, versions),
    }))
}

const structsOf = (fact: Fact) => new Map((fact.commonStructs ?? []).map((one) => [one.name, one.fields ?? []]))

describe('Kafka 4.3.1', () => {
  test('has 254 messages and 26 metadata records, and all are here', () => {
    expect([current.length, metadata.length]).toEqual([254, 26])
    expect(allMessages.map(({ name }) => name).sort()).toEqual([...current, ...metadata].map(({ name }) => name).sort())
  })

  test.each([...current, ...metadata].map((fact) => [fact.name, fact] as const))('%s', (name, fact) => {
    const ours = messageByName(name)
    expect(ours?.versions).toBe(fact.validVersions)
    if (ours === undefined || fact.validVersions === 'none') return
    expect(ours.apiKey).toBe(fact.apiKey)
    expect(ours.type).toBe(fact.type)
    expect(ours.flexible).toBe(fact.flexibleVersions ?? 'none')
    expect(ours.latestVersionUnstable ?? false).toBe(fact.latestVersionUnstable ?? false)
    expect(ours.listeners).toEqual(fact.listeners)
    const structs = structsOf(fact)
    const wanted = ofFacts(fact.fields ?? [], structs, fact.validVersions)
    expect(ofOurs(ours.fields(), fact.validVersions)).toEqual(wanted)
  })
})

describe('Kafka 3.9.2, at the versions that 4.x removed', () => {
  function shapeOfFact(fields: FactField[], structs: Map<string, FactField[]>, version: number): object[] {
    return fields
      .filter((field) => within(field.versions ?? field.taggedVersions, version))
      .map((field) => ({
        name: camel(field.name),
        type: field.type,
        nullable: within(field.nullableVersions, version),
        tagged: within(field.taggedVersions, version),
        fields:
          (field.fields ?? structs.get(field.type.replace('[]', '')))
            ? shapeOfFact(field.fields ?? structs.get(field.type.replace('[]', '')) ?? [], structs, version)
            : undefined,
      }))
  }

  function shapeOfOurs(fields: Fields, version: number): object[] {
    return Object.entries(fields)
      .filter(([, field]) => within(field.versions, version))
      .map(([name, field]) => ({
        name,
        type: typeOf(field),
        nullable: within(field.nullable, version),
        tagged: within(field.tagged, version),
        fields: field.fields === undefined ? undefined : shapeOfOurs(field.fields, version),
      }))
  }

  const removed = allMessages.filter(({ removedVersions }) => removedVersions !== undefined)

  test('every message that lost versions is here with them', () => {
    const lost = old
      .filter(({ type }) => type === 'request' || type === 'response' || type === 'header')
      .filter(({ name, validVersions }) => {
        const [then, now] = [versionRange(validVersions), versionRange(messageByName(name)?.versions ?? 'none')]
        return messageByName(name) !== undefined && then !== undefined && (now === undefined || then.min < now.min)
      })
    expect(removed.map(({ name }) => name).sort()).toEqual(lost.map(({ name }) => name).sort())
  })

  test.each(removed.map((ours) => [ours.name, ours] as const))('%s', (name, ours) => {
    const fact = old.find((one) => one.name === name)
    const range = versionRange(ours.removedVersions ?? 'none')
    if (fact === undefined || range === undefined) throw new Error(`${name} is not in 3.9.2`)
    for (let version = range.min; version <= range.max; version++) {
      expect(shapeOfOurs(ours.fields(), version)).toEqual(shapeOfFact(fact.fields ?? [], structsOf(fact), version))
    }
  })
})

describe('error codes', () => {
  const errors = JSON.parse(readFileSync(new URL('../../test/facts/errors.json', import.meta.url), 'utf8')) as {
    code: number
    name: keyof typeof ErrorCode
    retriable: boolean
  }[]

  test('are Kafka’s, by number, name and whether a client retries', () => {
    expect(Object.keys(ErrorCode)).toHaveLength(errors.length)
    for (const { code, name, retriable } of errors) {
      expect(ErrorCode[name]).toBe(code)
      expect(errorName(code)).toBe(name)
      expect(isRetriable(name)).toBe(retriable)
    }
  })
})
