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

test.each([...byMessage])('%s passes its vectors both ways', (name, vectors) => {
  const schema = messageByName(name)
  if (schema === undefined) throw new Error(`no schema ${name}`)
  for (const { version, hex, json } of vectors) {
    const bytes = Buffer.from(hex, 'hex')
    const where = `${name} version ${version}`
    const decoded = decode(schema, version, bytes)
    expect(toJson(schema, version, decoded), where).toEqual(json)
    expect(encode(schema, version, fromJson(schema, version, json)).toString('hex'), where).toBe(hex)
    expect(encode(schema, version, decoded).toString('hex'), `${where}, from what was decoded`).toBe(hex)
  }
})
