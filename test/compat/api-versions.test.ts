// ApiVersions: what a client asks first, and what it must be able to read whatever its age (KIP-511).

import { openBytes, requestFrame } from '../support/byte-connection.ts'
import { apis, describe, expect, kip, test } from '../support/compat.ts'

const SOFTWARE = { clientSoftwareName: 'compat', clientSoftwareVersion: '1.0' }
const API_VERSIONS = 18
/** The end of a header of version 2, which a version of the future has. */
const NO_TAGS = Buffer.alloc(1)

describe('ApiVersions', kip(35), () => {
  test.for([0, 1, 2, 3, 4])('lists the same APIs at version %i', async (version, { broker }) => {
    const body = version >= 3 ? SOFTWARE : {}
    const { errorCode, apiKeys } = await broker.ask(apis.ApiVersions, version, body)
    expect(errorCode).toBe('NONE')
    expect(apiKeys).toEqual((await broker.ask(apis.ApiVersions, 4, SOFTWARE)).apiKeys)
  })

  test('lists itself, from 0 to 4', async ({ broker }) => {
    const { apiKeys } = await broker.ask(apis.ApiVersions, 4, SOFTWARE)
    expect(apiKeys).toContainEqual({ apiKey: API_VERSIONS, minVersion: 0, maxVersion: 4 })
  })

  test('lists every API once, in the order of their keys', async ({ broker }) => {
    const keys = (await broker.ask(apis.ApiVersions, 4, SOFTWARE)).apiKeys.map(({ apiKey }) => apiKey)
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
  })

  test('claims Produce from version 0 on, which librdkafka looks for, though it takes none below 3', async ({
    broker,
  }) => {
    broker.needs(apis.Produce, 13)
    const { apiKeys } = await broker.ask(apis.ApiVersions, 0, {})
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toMatchObject({ minVersion: 0, maxVersion: 13 })
  })

  test('answers a version that it does not know in the form of version 0, with its own range', async ({ broker }) => {
    const known = await broker.ask(apis.ApiVersions, 0, {})
    const own = known.apiKeys.filter(({ apiKey }) => apiKey === API_VERSIONS)
    expect(own).toHaveLength(1)
    const connection = await openBytes(broker)
    connection.send(requestFrame({ apiKey: API_VERSIONS, apiVersion: 99, correlationId: 7 }, NO_TAGS))
    const answer = await connection.frame()
    expect(answer.readInt32BE(0)).toBe(7)
    const { errorCode, apiKeys } = connection.decode(apis.ApiVersions.response, 0, answer)
    expect(errorCode).toBe('UNSUPPORTED_VERSION')
    expect(apiKeys).toEqual(own)
  })

  test('serves the connection on after a version that it does not know', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(requestFrame({ apiKey: API_VERSIONS, apiVersion: 99, correlationId: 1 }, NO_TAGS))
    await connection.frame()
    connection.send(requestFrame({ apiKey: API_VERSIONS, apiVersion: 0, correlationId: 2 }))
    const answer = await connection.frame()
    expect(connection.decode(apis.ApiVersions.response, 0, answer).errorCode).toBe('NONE')
  })

  test.for([
    ['no name', { clientSoftwareName: '', clientSoftwareVersion: '1.0' }],
    ['no version', { clientSoftwareName: 'compat', clientSoftwareVersion: '' }],
    ['a space in the name', { clientSoftwareName: 'com pat', clientSoftwareVersion: '1.0' }],
    ['a name that begins with a dash', { clientSoftwareName: '-compat', clientSoftwareVersion: '1.0' }],
    ['a version that ends with a dot', { clientSoftwareName: 'compat', clientSoftwareVersion: '1.0.' }],
    ['a slash in the version', { clientSoftwareName: 'compat', clientSoftwareVersion: '1/0' }],
  ] as const)('refuses client software with %s', async ([, software], { broker }) => {
    const answer = await broker.ask(apis.ApiVersions, 3, software)
    expect(answer).toMatchObject({ errorCode: 'INVALID_REQUEST', apiKeys: [] })
  })

  test('names the features that it supports and those that are final, from version 3 on', async ({ broker }) => {
    const answer = await broker.ask(apis.ApiVersions, 4, SOFTWARE)
    const supported = answer.supportedFeatures.map(({ name }) => name)
    expect(supported).toContain('metadata.version')
    expect(supported).toContain('group.version')
    expect(answer.finalizedFeatures).toContainEqual({
      name: 'metadata.version',
      maxVersionLevel: 30,
      minVersionLevel: 30,
    })
    expect(answer.finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
    expect(answer.zkMigrationReady).toBe(false)
  })

  test('leaves out at version 3 the features whose range begins at 0, which old clients cannot read', async ({
    broker,
  }) => {
    broker.needs(apis.ApiVersions, 4)
    const names = async (version: number) =>
      (await broker.ask(apis.ApiVersions, version, SOFTWARE)).supportedFeatures.map(({ name }) => name)
    expect(await names(3)).toEqual(['metadata.version'])
    expect(await names(4)).toContain('transaction.version')
  })
})
