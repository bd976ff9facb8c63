// What cannot come along when a log directory is taken over: the command names it in one sentence, ends with 1, and has
// changed nothing.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeMetadataRecord, type NewMetadataRecord } from '../../src/metadata/records.ts'
import { encode, VotersRecord, Writer } from '../../src/wire/index.ts'
import { Batch, controlKey, encodeBatch, encodeMessageSet, type NewRecord } from '../../src/wire/records/index.ts'
import { append, createTopic } from '../support/admin.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { RawClient } from '../support/raw-client.ts'
import { odradek } from './command.ts'

const home = mkdtempSync(join(tmpdir(), 'odradek-takeover-'))
const original = join(home, 'original')
const data = join(home, 'data')
const METADATA_LOG = join(data, '__cluster_metadata-0', '00000000000000000000.log')
const TOPIC_LOG = join(data, 'here-0', '00000000000000000000.log')
let topicId = ''

beforeAll(async () => {
  const broker = await startOdradek(['--port', '0', '--log-dir', original])
  const client = await RawClient.connect(broker.host, broker.port)
  topicId = (await createTopic(client, 'here')).id
  await append(client, 'here', ['a', 'b'])
  client.close()
  await broker.stop()
})
beforeEach(() => {
  rmSync(data, { recursive: true, force: true })
  cpSync(original, data, { recursive: true })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Every file with its content, so that a changed byte shows. */
function contents(directory: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of readdirSync(directory, { recursive: true }) as string[]) {
    const path = join(directory, name)
    if (!statSync(path).isDirectory()) files[name] = createHash('sha256').update(readFileSync(path)).digest('hex')
  }
  return files
}

async function expectRefusal(named: string, args: readonly string[] = []): Promise<void> {
  const before = contents(data)
  const { code, stdout, stderr } = await odradek(['--port', '0', '--log-dir', data, ...args])
  expect(stderr).toMatch(/^odradek: [^\n]+\n$/)
  expect(stderr).toContain(named)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(contents(data)).toEqual(before)
}

/** Adds a batch to the end of the metadata log. */
function appendMetadata(records: readonly NewRecord[], isControl = false): void {
  const log = readFileSync(METADATA_LOG)
  const last = [...Batch.positions(log)].at(-1) ?? 0
  const baseOffset = Batch.lastOffset(log, last) + 1
  const partitionLeaderEpoch = Batch.partitionLeaderEpoch(log, last)
  appendFileSync(METADATA_LOG, encodeBatch({ baseOffset, partitionLeaderEpoch, records, isControl }))
}

function appendRecord(record: NewMetadataRecord): void {
  appendMetadata([{ timestamp: Date.now(), key: null, value: encodeMetadataRecord(record) }])
}

describe('what the metadata says', () => {
  test('a feature level of a later Kafka', async () => {
    const data = { name: 'metadata.version', featureLevel: 31 }
    appendRecord({ type: 'FeatureLevelRecord', version: 0, data })
    await expectRefusal('metadata.version at level 31')
  })

  test('a feature that is not known', async () => {
    appendRecord({ type: 'FeatureLevelRecord', version: 0, data: { name: 'later.version', featureLevel: 1 } })
    await expectRefusal('later.version at level 1')
  })

  test('a record of a kind that is not known', async () => {
    const writer = new Writer()
    for (const part of [1, 99, 0, 0]) writer.uvarint(part)
    appendMetadata([{ timestamp: 0, key: null, value: writer.toBuffer() }])
    await expectRefusal('unknown metadata record with key 99')
  })

  test('a record of a version that is not known', async () => {
    const writer = new Writer()
    for (const part of [1, 2, 9, 0]) writer.uvarint(part)
    appendMetadata([{ timestamp: 0, key: null, value: writer.toBuffer() }])
    await expectRefusal('unknown version 9 of TopicRecord')
  })

  test('a replica on another node', async () => {
    const data = { topicId, partitionId: 0, replicas: [1, 7], isr: [1, 7] }
    appendRecord({ type: 'PartitionChangeRecord', version: 0, data })
    await expectRefusal('here-0 has a replica on node 7')
  })

  test('records in remote storage', async () => {
    const data = { resourceType: 2, resourceName: 'here', name: 'remote.storage.enable', value: 'true' }
    appendRecord({ type: 'ConfigRecord', version: 0, data })
    await expectRefusal('here keeps records in remote storage')
  })

  test('records that contradict each other', async () => {
    appendRecord({ type: 'RemoveTopicRecord', version: 0, data: { topicId: '4L6g3nShT-eMCtK--X86sw' } })
    await expectRefusal('unknown topic id 4L6g3nShT-eMCtK--X86sw')
  })
})

describe('the quorum of the metadata', () => {
  const voters = (...ids: number[]): NewRecord => {
    const value = encode(VotersRecord, 0, { voters: ids.map((voterId) => ({ voterId })) })
    return { timestamp: 0, key: controlKey('KRAFT_VOTERS'), value }
  }

  test('other voters', async () => {
    appendMetadata([voters(1, 2, 3)], true)
    await expectRefusal('other voters than node 1: 2, 3')
  })

  test('a directory that has no vote', async () => {
    appendMetadata([voters(1)], true)
    await expectRefusal('votes in the metadata quorum with the directory AAAAAAAAAAAAAAAAAAAAAA')
  })

  test('a kraft.version of a later Kafka', async () => {
    const value = Buffer.from([0, 0, 0, 2, 0])
    appendMetadata([{ timestamp: 0, key: controlKey('KRAFT_VERSION'), value }], true)
    await expectRefusal('kraft.version at level 2')
  })

  test('a quorum-state that is none', async () => {
    writeFileSync(join(data, '__cluster_metadata-0', 'quorum-state'), '{"leaderEpoch":1,"data_version":7}')
    await expectRefusal('data_version 7')
  })
})

describe('the logs', () => {
  const records = [{ timestamp: 1, key: null, value: Buffer.from('old') }]

  test.each([0, 1] as const)('batches of magic %i', async (magic) => {
    writeFileSync(TOPIC_LOG, encodeMessageSet({ magic, records }))
    await expectRefusal(`has magic ${magic}`)
  })

  test('batches of magic 1 behind others, where nobody has looked yet', async () => {
    rmSync(join(data, '.odradek'))
    appendFileSync(TOPIC_LOG, encodeMessageSet({ magic: 1, baseOffset: 2, records }))
    await expectRefusal('at offset 2 of')
  })

  test('logs without meta.properties', async () => {
    rmSync(join(data, 'meta.properties'))
    await expectRefusal('no meta.properties')
  })

  test('meta.properties of another version', async () => {
    writeFileSync(join(data, 'meta.properties'), 'version=0\nbroker.id=1\ncluster.id=x\n')
    await expectRefusal('version 0 is not known')
  })

  test('logs without a metadata log', async () => {
    rmSync(join(data, '__cluster_metadata-0'), { recursive: true })
    await expectRefusal('here-0 among them')
  })

  test('a metadata log where the configuration does not expect it', async () => {
    await expectRefusal('has no meta.properties', ['--override', `metadata.log.dir=${join(home, 'elsewhere')}`])
  })
})
