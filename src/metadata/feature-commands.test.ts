// Levels of features where the recorded answers do not reach: older metadata versions, other brokers, dependencies.
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig } from '../config/index.ts'
import { type FeatureUpdate, UpgradeType, updateFeatures } from './feature-commands.ts'
import type { MetadataImage } from './image.ts'
import { clusterOf, replay } from './testing.ts'

const { UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE } = UpgradeType
const config = loadBrokerConfig({ overrides: { 'min.insync.replicas': '2' } })

function update(image: MetadataImage, ...updates: [feature: string, level: number, type?: number][]) {
  const asked = updates.map(
    ([feature, maxVersionLevel, upgradeType = UPGRADE]): FeatureUpdate => ({ feature, maxVersionLevel, upgradeType }),
  )
  const { records, response } = updateFeatures({ image, config, nodeId: 1, kraftVersion: 1 }, asked)
  return { error: response.errorMessage, records: records.map(({ type, data }) => [type, data]) }
}

describe('metadata.version', () => {
  const at = (level: number): MetadataImage =>
    clusterOf([], { 'metadata.version': level, 'eligible.leader.replicas.version': 0 })

  test('is raised', () => {
    expect(update(at(25), ['metadata.version', 29])).toEqual({
      error: null,
      records: [['FeatureLevelRecord', { name: 'metadata.version', featureLevel: 29 }]],
    })
  })

  test('is lowered where the records stay the same', () => {
    expect(update(at(29), ['metadata.version', 24, SAFE_DOWNGRADE]).error).toBeNull()
    expect(update(at(10), ['metadata.version', 8, SAFE_DOWNGRADE]).error).toBeNull()
  })

  test('is not lowered where records or fields would be lost', () => {
    for (const [from, to] of [
      [30, 29],
      [24, 22],
      [17, 16],
      [13, 12],
      [8, 7],
    ] as const) {
      expect(update(at(from), ['metadata.version', to, SAFE_DOWNGRADE])).toEqual({
        error: `Unsupported metadata.version downgrade from ${from} to ${to}. Refusing to perform the requested downgrade because it might delete metadata information.`,
        records: [],
      })
      expect(update(at(from), ['metadata.version', to, UNSAFE_DOWNGRADE]).error).toMatch(/Unsafe metadata downgrade/)
    }
  })
})

describe('another node', () => {
  const withFeature = (type: 'RegisterBrokerRecord' | 'RegisterControllerRecord'): MetadataImage => {
    const image = clusterOf([])
    const features = [{ name: 'share.version', minSupportedVersion: 0, maxSupportedVersion: 0 }]
    const others = [{ name: 'group.version', minSupportedVersion: 1, maxSupportedVersion: 1 }]
    const id = type === 'RegisterBrokerRecord' ? { brokerId: 2 } : { controllerId: 2 }
    replay(image, [{ type, version: 0, data: { ...id, features: [...features, ...others] } } as never])
    return image
  }

  test('that is a broker must know the level', () => {
    const image = withFeature('RegisterBrokerRecord')
    expect(update(image, ['share.version', 1]).error).toMatch(/Broker 2 does not support this feature\.$/)
    expect(update(image, ['group.version', 0]).error).toMatch(/Broker 2 only supports versions 1-1$/)
    expect(update(image, ['streams.version', 1]).error).toMatch(/Broker 2 does not support this feature\.$/)
  })

  test('that is a controller must know it too', () => {
    const image = withFeature('RegisterControllerRecord')
    expect(update(image, ['share.version', 1]).error).toMatch(/Controller 2 does not support this feature\.$/)
  })
})

describe('eligible.leader.replicas.version', () => {
  const off = { 'eligible.leader.replicas.version': 0 }

  test('needs the records of 4.0, as they will be after the request', () => {
    const image = clusterOf([], { ...off, 'metadata.version': 22 })
    expect(update(image, ['eligible.leader.replicas.version', 1]).error).toMatch(
      /eligible\.leader\.replicas\.version could not be set to 1 because it depends on metadata\.version level 23$/,
    )
    const both = update(image, ['eligible.leader.replicas.version', 1], ['metadata.version', 23])
    expect(both.error).toBeNull()
  })

  test('brings the one min.insync.replicas that it needs, and takes those of single brokers away', () => {
    const image = clusterOf([], off)
    const name = 'min.insync.replicas'
    replay(image, [
      { type: 'ConfigRecord', version: 0, data: { resourceType: 4, resourceName: '1', name, value: '3' } },
      { type: 'ConfigRecord', version: 0, data: { resourceType: 4, resourceName: '2', name: 'x', value: '3' } },
    ])
    expect(update(image, ['eligible.leader.replicas.version', 1]).records).toEqual([
      ['ConfigRecord', { resourceType: 4, resourceName: '', name, value: '2' }],
      ['ConfigRecord', { resourceType: 4, resourceName: '1', name, value: null }],
      ['FeatureLevelRecord', { name: 'eligible.leader.replicas.version', featureLevel: 1 }],
    ])
  })
})

describe('kraft.version', () => {
  test('goes up to dynamic voters, which the journal has records for, and never down', () => {
    const image = clusterOf([])
    const raise = (kraftVersion: number) =>
      updateFeatures({ image, config, nodeId: 1, kraftVersion }, [
        { feature: 'kraft.version', maxVersionLevel: 1, upgradeType: UPGRADE },
      ])
    const noOp = [expect.objectContaining({ type: 'NoOpRecord' })]
    expect(raise(0)).toMatchObject({ writesVoters: true, records: noOp, response: { errorMessage: null } })
    expect(raise(1)).toMatchObject({ writesVoters: false, records: noOp, response: { errorMessage: null } })
    expect(update(image, ['kraft.version', 0, SAFE_DOWNGRADE]).error).toMatch(
      /Can't downgrade the version of this feature\.$/,
    )
  })
})
