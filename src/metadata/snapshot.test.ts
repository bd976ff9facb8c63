// A snapshot of an image makes an equal image, whatever commands led to it and at whatever metadata.version.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../io/testing.ts'
import { MetadataImage } from './image.ts'
import { metadataVersionOf } from './metadata-version.ts'
import { encodeMetadataRecord, type NewMetadataRecord } from './records.ts'
import { snapshotRecords } from './snapshot.ts'
import { clusterOf, imageState, replay, startedNode, type TestNode, withPartition } from './testing.ts'

function copyOf(image: MetadataImage): MetadataImage {
  const copy = new MetadataImage(image.clusterId, 1)
  replay(copy, snapshotRecords(image))
  return copy
}

/** One command at random, on few names, so that they meet. */
async function anyCommand({ controller, image }: TestNode, next: () => number): Promise<unknown> {
  const pick = (limit: number): number => Math.floor(next() * limit)
  const name = `t${pick(4)}`
  const value = String(1 + pick(100_000))
  const alter = (resourceType: number, resourceName: string, config: string) =>
    controller.incrementalAlterConfigs([
      { resourceType, resourceName, configs: [{ name: config, configOperation: pick(2), value }] },
    ])
  switch (pick(10)) {
    case 0:
    case 1:
      return controller.createTopics([{ name, numPartitions: 1 + pick(3), replicationFactor: 1 }])
    case 2:
      return controller.deleteTopics([image.topicByName(name)?.topicId ?? ''])
    case 3:
      return controller.createPartitions([{ name, count: 1 + pick(6), assignments: null }])
    case 4:
      return alter(2, name, ['retention.ms', 'min.insync.replicas'].at(pick(2)) ?? '')
    case 5:
      return alter(4, ['', '1'].at(pick(2)) ?? '', 'log.retention.ms')
    case 6:
      return alter(32, name, 'consumer.session.timeout.ms')
    case 7:
      return controller.allocateProducerIds(1)
    case 8: {
      const update = { feature: 'eligible.leader.replicas.version', maxVersionLevel: pick(2), upgradeType: 1 + pick(2) }
      return controller.updateFeatures([update])
    }
    default:
      await controller.shutDownBroker(1)
      return controller.unfenceBroker(1)
  }
}

test.each(Array.from({ length: 30 }, (_, seed) => seed + 1))(
  'after a hundred commands it says all there is (seed %i)',
  async (seed) => {
    const node = await startedNode()
    const { next } = seededRandom(seed)
    for (let command = 0; command < 100; command++) await anyCommand(node, next)
    expect(imageState(copyOf(node.image))).toEqual(imageState(node.image))
  },
)

describe('of a cluster that stays at an older metadata.version', () => {
  test.each([7, 8, 12, 15, 17, 22, 23, 29, 30])('%i it says all that the level can', (level) => {
    const image = clusterOf(
      [
        { brokerId: 1, rack: 'r' },
        { brokerId: 2, fenced: true },
      ],
      {
        'metadata.version': level,
        'eligible.leader.replicas.version': 0,
      },
    )
    withPartition(image, level >= 17 ? {} : { directories: [] })
    const records = snapshotRecords(image)
    expect(records[0]).toEqual({
      type: 'FeatureLevelRecord',
      version: 0,
      data: { name: 'metadata.version', featureLevel: level },
    })
    const copy = copyOf(image)
    expect(imageState(copy)).toEqual(imageState(image))
    expect(metadataVersionOf(copy)).toBe(level)
  })
})

test('what is only kept is in it as it came', () => {
  const kept: NewMetadataRecord[] = [
    {
      type: 'AccessControlEntryRecord',
      version: 0,
      data: { id: 'access-control-entry-A', principal: 'User:u', host: '*', resourceName: 't' },
    },
    {
      type: 'ClientQuotaRecord',
      version: 0,
      data: { entity: [{ entityType: 'user', entityName: null }], key: 'producer_byte_rate', value: 1.5 },
    },
    {
      type: 'UserScramCredentialRecord',
      version: 0,
      data: { name: 'u', mechanism: 1, salt: Buffer.from('salt'), iterations: 4096 },
    },
    { type: 'DelegationTokenRecord', version: 0, data: { tokenId: 't', owner: 'User:u', renewers: ['User:r'] } },
  ]
  const image = clusterOf([])
  replay(image, kept)
  const bytes = (records: readonly NewMetadataRecord[]) => records.map((r) => encodeMetadataRecord(r).toString('hex'))
  expect(bytes(snapshotRecords(image))).toEqual(expect.arrayContaining(bytes(kept)))
  expect(imageState(copyOf(image))).toEqual(imageState(image))
})
