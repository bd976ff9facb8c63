// `odradek wire decode|encode`: the protocol debugger. A line of JSON in, a line of JSON out; what can't be done is
// told in the answer, and the next line is taken.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { decode, encode, fromJson, messageByName, toJson } from '../wire/index.ts'
import { decodeRecordSet, encodeRecordSet, type JsonBatch } from '../wire/records/index.ts'
import { jsonText } from './json-text.ts'

type Question = Readonly<Record<string, unknown>>
export type Direction = 'decode' | 'encode'

/** Answers the lines of stdin on stdout until stdin ends. */
export async function answerLines(direction: Direction): Promise<void> {
  process.stdout.on('error', endQuietlyOnClosedPipe)
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!process.stdout.write(`${answer(direction, line)}\n`)) await once(process.stdout, 'drain')
  }
}

/** `odradek wire decode | head` has read enough: that is no error. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

/** The answer to one line, as JSON on one line. */
export function answer(direction: Direction, line: string): string {
  try {
    const question = parse(line)
    return jsonText(direction === 'decode' ? decoded(question) : encoded(question))
  } catch (error) {
    return jsonText({ error: (error as Error).message })
  }
}

function parse(line: string): Question {
  const question: unknown = JSON.parse(line)
  if (typeof question !== 'object' || question === null) throw new Error('a line is a JSON object')
  return question as Question
}

function decoded(question: Question): object {
  const bytes = bytesOf(question.hex)
  if (question.message === 'records') return { batches: decodeRecordSet(bytes) }
  const { schema, version } = messageOf(question)
  return { json: toJson(schema, version, decode(schema, version, bytes)) }
}

function encoded(question: Question): object {
  if (question.message === 'records') return { hex: encodeRecordSet(batchesOf(question.batches)).toString('hex') }
  const { schema, version } = messageOf(question)
  return { hex: encode(schema, version, fromJson(schema, version, question.json)).toString('hex') }
}

function messageOf({ message, version }: Question) {
  const schema = typeof message === 'string' ? messageByName(message) : undefined
  if (schema === undefined) throw new Error(`no message ${JSON.stringify(message)}`)
  if (typeof version !== 'number') throw new Error(`"version" is a number, got ${JSON.stringify(version)}`)
  return { schema, version }
}

function bytesOf(hex: unknown): Buffer {
  if (typeof hex !== 'string' || hex.length % 2 === 1 || !/^[0-9a-f]*$/i.test(hex)) {
    throw new Error('"hex" is an even number of hex digits')
  }
  return Buffer.from(hex, 'hex')
}

function batchesOf(batches: unknown): JsonBatch[] {
  if (!Array.isArray(batches)) throw new Error('"batches" is a list, as decode gives it')
  return batches
}
