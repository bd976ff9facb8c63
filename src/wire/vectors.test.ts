// Every message that Kafka's own Java code wrote, decoded and encoded by ours.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decode, encode, fromJson, type Json, messageByName, toJson } from './index.ts'

interface Vector {
  message: string
  version: number
  hex: string
  json: Json
}

const lines = gunzipSync(readFileSync(new URL('../../test/facts/messages.jsonl.gz', import.meta.url))).toString()
const byMessage = new Map<string, Vector[]>()
for (const line of lines.trim().split('\n')) {
  const vector = JSON.parse(line) as Vector
  const list = byMessage.get(vector.message) ?? []
  byMessage.set(vector.message, list)
  list.push(vector)
}

/** Puts a decoded value into the shape of the vector: what the vector leaves out at its default is left out. */
function sameKeys(decoded: Json, wanted: Json): Json {
  if (Array.isArray(decoded) && Array.isArray(wanted)) {
    return decoded.map((inner, i) => (i < wanted.length ? sameKeys(inner, wanted[i] ?? null) : inner))
  }
  if (decoded !== null && wanted !== null && typeof decoded === 'object' && typeof wanted === 'object') {
    if (Array.isArray(decoded) || Array.isArray(wanted)) return decoded
    return Object.fromEntries(
      Object.entries(decoded)
        .filter(([key]) => key in wanted)
        .map(([key, inner]) => [key, sameKeys(inner, wanted[key] ?? null)]),
    )
  }
  return decoded
}

test.each([...byMessage])('%s passes its vectors both ways', (name, vectors) => {
  const schema = messageByName(name)
  if (schema === undefined) throw new Error(`no schema ${name}`)
  for (const { version, hex, json } of vectors) {
    const bytes = Buffer.from(hex, 'hex')
    const where = `${name} version ${version}`
    const decoded = decode(schema, version, bytes)
    expect(sameKeys(toJson(schema, version, decoded), json), where).toEqual(json)
    expect(encode(schema, version, fromJson(schema, version, json)).toString('hex'), where).toBe(hex)
    expect(encode(schema, version, decoded).toString('hex'), `${where}, from what was decoded`).toBe(hex)
  }
})
