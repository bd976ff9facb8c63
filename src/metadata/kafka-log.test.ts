// Holds the controller to the log that a real Kafka 4.3.1 wrote over six lives of a node: recorded by
// test/oracle/record-metadata-log.ts in test/facts/kafka-metadata-log.jsonl.gz. Byte for byte where it is read and
// written again, and record for record where our controller is asked the same.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Life, lives } from '../../test/oracle/metadata-lives.ts'
import { apis, fromJson, type Infer } from '../wire/index.ts'
import type { Controller } from './controller.ts'
import { MetadataImage } from './image.ts'
import { MemoryJournal } from './journal.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from './records.ts'
import { replayJournal } from './replay.ts'
import { snapshotRecords } from './snapshot.ts'
import { imageState, reopened, startedNode } from './testing.ts'

const facts = new URL('../../test/facts/kafka-metadata-log.jsonl.gz', import.meta.url)
const recorded: Buffer[][] = gunzipSync(readFileSync(facts))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as string[]).map((hex) => Buffer.from(hex, 'hex')))

type Request<Name extends keyof typeof apis> = Infer<(typeof apis)[Name]['request']>

/** Asks the controller what a handler would have it do. */
async function command(controller: Controller, { api, version, request }: Life['commands'][number]): Promise<void> {
  const body = fromJson(apis[api].request, version, request) as unknown
  switch (api) {
    case 'CreateTopics':
      await controller.createTopics((body as Request<'CreateTopics'>).topics)
      return
    case 'CreatePartitions':
      await controller.createPartitions((body as Request<'CreatePartitions'>).topics)
      return
    case 'DeleteTopics': {
      const names = (body as Request<'DeleteTopics'>).topics.map(({ name }) => name ?? '')
      await controller.deleteTopics(names.map((name) => controller.image.topicByName(name)?.topicId ?? ''))
      return
    }
    case 'AlterConfigs':
      await controller.alterConfigs((body as Request<'AlterConfigs'>).resources)
      return
    case 'IncrementalAlterConfigs':
      await controller.incrementalAlterConfigs((body as Request<'IncrementalAlterConfigs'>).resources)
      return
    case 'UpdateFeatures':
      await controller.updateFeatures((body as Request<'UpdateFeatures'>).featureUpdates)
      return
    case 'ElectLeaders':
      await controller.electLeaders(0, (body as Request<'ElectLeaders'>).topicPartitions)
      return
    case 'AlterPartitionReassignments':
      await controller.alterPartitionReassignments((body as Request<'AlterPartitionReassignments'>).topics, {
        allowReplicationFactorChange: true,
      })
      return
    default:
      throw new Error(`no command for ${api}`)
  }
}

/** One life over the log of those before; returns what it wrote. */
async function live({ commands, end }: Life, before: MemoryJournal, previousBrokerEpoch: number) {
  const endpoint = (name: string, port: number) => [{ name, host: '127.0.0.1', port, securityProtocol: 0 }]
  const { controller, journal, brokerEpoch } = await startedNode({
    journal: Object.assign(reopened(before), { kraftVersion: 1 }),
    registration: {
      endpoints: endpoint('PLAINTEXT', 39_292),
      controllerEndpoints: endpoint('CONTROLLER', 39_293),
      previousBrokerEpoch,
    },
  })
  for (const one of commands) await command(controller, one)
  if (end === 'stop') await controller.shutDownBroker(1)
  const values = journal.entries.slice(before.entries.length).map(({ value }) => value)
  return { journal, values, brokerEpoch: end === 'stop' ? brokerEpoch : -1 }
}

/** Records as text that two clusters share: ids by what they are of, and an order where Kafka's is one by chance. */
function readable(values: readonly Buffer[], topicNames: Map<string, string>): string[] {
  const records = values.map(decodeMetadataRecord)
  for (const { type, data } of records) if (type === 'TopicRecord') topicNames.set(data.topicId, data.name)
  const own = new Set(['incarnationId', 'brokerEpoch', 'directories', 'logDirs'])
  const told = ({ type, version, data }: MetadataRecord): string => {
    const text = JSON.stringify(data, (key, value) => {
      if (key === 'topicId') return topicNames.get(value)
      if (key === 'features') return [...value].sort((a, b) => (a.name < b.name ? -1 : 1))
      return own.has(key) && value !== null ? `<${key}>` : value
    })
    return `${type} ${version} ${text}`
  }
  // The broker tells its cordoned directories with its first heartbeat or its second.
  const isCordon = (line: string): boolean => line.startsWith('BrokerRegistrationChangeRecord 3')
  const lines = records.filter(({ type }) => type !== 'NoOpRecord').map(told)
  return [...sortRuns(lines.filter((line) => !isCordon(line))), ...lines.filter(isCordon)]
}

/** Kafka walks over partitions by the hash of random topic ids. */
function sortRuns(lines: readonly string[]): string[] {
  const isChange = (line: string | undefined): boolean => line?.startsWith('PartitionChangeRecord') ?? false
  const runs: string[][] = []
  for (const [index, line] of lines.entries()) {
    if (isChange(line) && isChange(lines[index - 1])) runs.at(-1)?.push(line)
    else runs.push([line])
  }
  return runs.flatMap((run) => run.sort())
}

describe('the metadata log of a real Kafka', () => {
  test('is the same bytes after it was read and written', () => {
    for (const value of recorded.flat()) {
      expect(encodeMetadataRecord(decodeMetadataRecord(value)).toString('hex')).toBe(value.toString('hex'))
    }
  })

  test('makes an image that a snapshot of it makes again', () => {
    const image = new MetadataImage('c', 1)
    const entries = recorded.flat().map((value, offset) => ({ offset, epoch: 1, timestamp: 0, value }))
    replayJournal(new MemoryJournal(entries), (records) => image.apply(records))
    expect(Array.from(image.topics(), ({ name }) => name).sort()).toEqual(['alpha', 'beta', 'gamma', 'unclean'])
    const copy = new MetadataImage('c', 1)
    copy.apply(snapshotRecords(image).map(encodeMetadataRecord).map(decodeMetadataRecord))
    expect(imageState(copy)).toEqual(imageState(image))
  })
})

describe('the controller writes what Kafka wrote', () => {
  let journal = new MemoryJournal()
  let previousBrokerEpoch = -1
  const [theirNames, ourNames] = [new Map<string, string>(), new Map<string, string>()]

  test.each(lives.map((life, at) => [at + 1, life] as const))('in life %i', async (number, life) => {
    const lived = await live(life, journal, previousBrokerEpoch)
    journal = lived.journal
    previousBrokerEpoch = lived.brokerEpoch
    const theirs = readable(recorded[number - 1] ?? [], theirNames)
    expect(readable(lived.values, ourNames)).toEqual(theirs)
  })
})
