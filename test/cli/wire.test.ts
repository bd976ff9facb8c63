// `odradek wire decode|encode` as built: every vector of Kafka's own code both ways, and what can't be done.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { odradek } from './command.ts'

function vectors<T>(name: string): T[] {
  const file = new URL(`../facts/${name}.jsonl.gz`, import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as T)
}

const messages = vectors<{ message: string; version: number; hex: string; json: unknown }>('messages')
const recordSets = vectors<{ name: string; hex: string; batches: { records: unknown[] }[] }>('record-batches')

const recordsOf = ({ hex }: { hex: string }) => ({ message: 'records', hex })

// biome-ignore lint/suspicious/noExplicitAny: the answers are plain JSON, compared as such
async function answers(direction: 'decode' | 'encode', questions: readonly (object | string)[]): Promise<any[]> {
  const lines = questions.map((question) => (typeof question === 'string' ? question : JSON.stringify(question)))
  const { code, stdout, stderr } = await odradek(['wire', direction], lines.map((line) => `${line}\n`).join(''))
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const answered = stdout.split('\n')
  expect(answered.pop()).toBe('')
  expect(answered).toHaveLength(questions.length)
  return answered.map((line) => JSON.parse(line))
}

test('every message is encoded to the bytes of Kafka', async () => {
  const encoded = await answers('encode', messages)
  expect(encoded).toEqual(messages.map(({ hex }) => ({ hex })))
})

test('every message is decoded to what its vector says, and encoded again to the same bytes', async () => {
  const decoded = await answers('decode', messages)
  for (const [i, { message, version, json }] of messages.entries()) {
    expect(decoded[i], `${message} version ${version}`).toMatchObject({ json: json as object })
  }
  const encoded = await answers(
    'encode',
    messages.map(({ message, version }, i) => ({ message, version, ...decoded[i] })),
  )
  expect(encoded).toEqual(messages.map(({ hex }) => ({ hex })))
})

test('every record set is decoded to the batches that Kafka reads', async () => {
  const decoded = await answers('decode', recordSets.map(recordsOf))
  for (const [i, { name, batches }] of recordSets.entries()) expect(decoded[i], name).toEqual({ batches })
})

test('batches that were decoded are encoded to a set of the same records', async () => {
  const questions = recordSets.map(({ batches }) => ({ message: 'records', batches }))
  const encoded = await answers('encode', questions)
  const decoded = await answers('decode', encoded.map(recordsOf))
  for (const [i, { name, batches }] of recordSets.entries()) {
    const records = (all: typeof batches) => all.map((batch) => batch.records)
    expect(records(decoded[i].batches), name).toEqual(records(batches))
  }
})

test('Long.MAX_VALUE, Long.MIN_VALUE and the edges of what a double holds come back digit by digit', async () => {
  const exact = ['9223372036854775807', '-9223372036854775808', '9007199254740991', '-9007199254740991', '0']
  const questions = exact.map(
    (int64) => `{"message":"InitProducerIdRequest","version":5,"json":{"producerId":${int64}}}`,
  )
  const encoded = await answers('encode', questions)
  const lines = encoded.map(({ hex }) => `${JSON.stringify({ message: 'InitProducerIdRequest', version: 5, hex })}\n`)
  const { stdout } = await odradek(['wire', 'decode'], lines.join(''))
  expect(stdout.match(/(?<="producerId":)-?\d+/g)).toEqual(exact)
})

test.each([
  ['a line that is no JSON', 'decode', 'fetch'],
  ['an empty line', 'decode', ''],
  ['JSON that is no object', 'decode', '17'],
  ['null', 'encode', 'null'],
  ['an unknown message', 'decode', { message: 'TeapotRequest', version: 0, hex: '' }],
  ['a name that every object has', 'decode', { message: 'constructor', version: 0, hex: '' }],
  ['a message without a name', 'encode', { version: 0, json: {} }],
  ['a version that the message lacks', 'decode', { message: 'FetchRequest', version: 99, hex: '' }],
  ['a missing version', 'decode', { message: 'FetchRequest', hex: '00' }],
  ['a version that is half a number', 'decode', { message: 'FetchRequest', version: 12.5, hex: '00' }],
  ['half a byte', 'decode', { message: 'ApiVersionsRequest', version: 0, hex: '0' }],
  ['hex that is none', 'decode', { message: 'ApiVersionsRequest', version: 0, hex: 'zz' }],
  ['missing hex', 'decode', { message: 'ApiVersionsRequest', version: 0 }],
  ['bytes left over', 'decode', { message: 'ApiVersionsRequest', version: 0, hex: '00' }],
  ['bytes that end too early', 'decode', { message: 'FetchRequest', version: 13, hex: '00' }],
  [
    'a batch of no known magic',
    'decode',
    { message: 'records', hex: `${'00'.repeat(11)}31${'00'.repeat(4)}07${'00'.repeat(44)}` },
  ],
  ['an unknown field', 'encode', { message: 'ApiVersionsRequest', version: 3, json: { teapot: 1 } }],
  ['a number out of range', 'encode', { message: 'InitProducerIdRequest', version: 5, json: { producerEpoch: 70000 } }],
  ['missing json', 'encode', { message: 'ApiVersionsRequest', version: 3 }],
  ['missing batches', 'encode', { message: 'records' }],
] as const)('%s is answered with an error, and the next line is taken', async (_, direction, question) => {
  const good = { message: 'ApiVersionsRequest', version: 0, hex: '', json: {} }
  const [bad, next] = await answers(direction, [question, good])
  expect(bad).toEqual({ error: expect.stringMatching(/./) })
  expect(next).toEqual(direction === 'decode' ? { json: {} } : { hex: '' })
})
