// What only Apache Kafka serves so far, and Odradek keeps as it came: ACLs, credentials, quotas, share groups. Loaded on
// Kafka, and asked for when Kafka has the directory again.
import { apis } from '../../src/wire/index.ts'
import { awaitCoordinator } from '../support/admin.ts'
import { eventually } from '../support/eventually.ts'
import type { RawClient } from '../support/raw-client.ts'

const ANY = 1
const TOPIC = 2
const LITERAL = 3
const PREFIXED = 4
const READ = 3
const DENY = 2
const ALLOW = 3
const SCRAM_SHA_256 = 1
const SCRAM_SHA_512 = 2

/** Whether the broker serves all of it. */
export async function servesElsewhere(client: RawClient): Promise<boolean> {
  const software = { clientSoftwareName: 'door', clientSoftwareVersion: '1' }
  const { apiKeys } = await client.ask(apis.ApiVersions, 3, software)
  const served = new Set(apiKeys.map(({ apiKey }) => apiKey))
  return [apis.CreateAcls, apis.AlterClientQuotas, apis.AlterUserScramCredentials, apis.ShareGroupHeartbeat].every(
    ({ key }) => served.has(key),
  )
}

/** `earlier` is the round before on a broker that served all this, if there was one. */
export async function loadElsewhere(client: RawClient, round: number, earlier?: number): Promise<void> {
  await createAcls(client, round)
  await alterCredentials(client, round, earlier)
  await alterQuotas(client, round)
  await shareGroup(client, round)
}

async function createAcls(client: RawClient, round: number): Promise<void> {
  const acl = { resourceType: TOPIC, host: '*', operation: READ }
  const creations = [
    {
      ...acl,
      resourceName: `secret-${round}`,
      resourcePatternType: LITERAL,
      principal: 'User:eve',
      permissionType: DENY,
    },
    {
      ...acl,
      resourceName: 'codecs',
      resourcePatternType: PREFIXED,
      principal: `User:u${round}`,
      permissionType: ALLOW,
    },
  ]
  const { results } = await client.ask(apis.CreateAcls, 3, { creations })
  expectNone('CreateAcls', results)
}

async function alterCredentials(client: RawClient, round: number, earlier?: number): Promise<void> {
  const bytes = (size: number) => Buffer.alloc(size, round + 1)
  // In a request of its own: Kafka forgets what comes in one with a deletion (until it reads its log again).
  const deletions = earlier === undefined ? [] : [{ name: `user-${earlier}`, mechanism: SCRAM_SHA_256 }]
  const deleted = await client.ask(apis.AlterUserScramCredentials, 0, { deletions, upsertions: [] })
  expectNone('AlterUserScramCredentials', deleted.results)
  const { results } = await client.ask(apis.AlterUserScramCredentials, 0, {
    deletions: [],
    upsertions: [SCRAM_SHA_256, SCRAM_SHA_512].map((mechanism) => ({
      name: mechanism === SCRAM_SHA_256 ? `user-${round}` : `other-${round}`,
      mechanism,
      iterations: 4096 + round,
      salt: bytes(16),
      saltedPassword: bytes(mechanism === SCRAM_SHA_256 ? 32 : 64),
    })),
  })
  expectNone('AlterUserScramCredentials', results)
}

async function alterQuotas(client: RawClient, round: number): Promise<void> {
  const user = { entityType: 'user', entityName: `user-${round}` }
  const { entries } = await client.ask(apis.AlterClientQuotas, 1, {
    entries: [
      { entity: [user], ops: [{ key: 'producer_byte_rate', value: 1000 + round, remove: false }] },
      {
        entity: [user, { entityType: 'client-id', entityName: null }],
        ops: [{ key: 'request_percentage', value: 0.5, remove: false }],
      },
    ],
  })
  expectNone('AlterClientQuotas', entries)
}

/** One with an offset of its own, whose member has left. */
async function shareGroup(client: RawClient, round: number): Promise<void> {
  const groupId = `share-${round}`
  await awaitCoordinator(client, groupId)
  const memberId = 'AAAAAAAAAAAAAAAAAAAABQ'
  const join = { groupId, memberId, memberEpoch: 0, subscribedTopicNames: [`codecs-${round}`] }
  await eventually('the share group', async () => {
    const { errorCode } = await client.ask(apis.ShareGroupHeartbeat, 1, join)
    return errorCode === 'NONE'
  })
  await client.ask(apis.ShareGroupHeartbeat, 1, { groupId, memberId, memberEpoch: -1 })
  await eventually('the offsets of the share group', async () => {
    const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, startOffset: 3 + partitionIndex }))
    const topics = [{ topicName: `codecs-${round}`, partitions }]
    const answer = await client.ask(apis.AlterShareGroupOffsets, 0, { groupId, topics })
    return answer.responses[0]?.partitions.every(({ errorCode }) => errorCode === 'NONE')
  })
}

export async function takeCensusElsewhere(client: RawClient, rounds: readonly number[]) {
  const filter = { resourceTypeFilter: ANY, resourceNameFilter: null, patternTypeFilter: ANY, principalFilter: null }
  const acls = await client.ask(apis.DescribeAcls, 3, {
    ...filter,
    hostFilter: null,
    operation: ANY,
    permissionType: ANY,
  })
  const credentials = await client.ask(apis.DescribeUserScramCredentials, 0, { users: null })
  const quotas = await client.ask(apis.DescribeClientQuotas, 1, { components: [], strict: false })
  const groups = []
  for (const round of rounds) groups.push(await shareGroupOf(client, `share-${round}`))
  return {
    acls: sorted(acls.resources.map(({ acls, ...resource }) => ({ ...resource, acls: sorted(acls) }))),
    credentials: sorted(credentials.results),
    quotas: sorted(quotas.entries ?? []),
    groups,
  }
}

async function shareGroupOf(client: RawClient, groupId: string) {
  await awaitCoordinator(client, groupId)
  const { groups } = await client.ask(apis.ShareGroupDescribe, 1, { groupIds: [groupId] })
  const offsets = await eventually(`the offsets of ${groupId}`, async () => {
    const answer = await client.ask(apis.DescribeShareGroupOffsets, 0, { groups: [{ groupId, topics: null }] })
    const passes = answer.groups[0]?.topics.every(({ partitions }) =>
      partitions.every(({ errorCode }) => errorCode === 'NONE'),
    )
    return passes === true && answer.groups
  })
  return { groups, offsets }
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort()
}

function expectNone(what: string, results: readonly { readonly errorCode: string }[]): void {
  for (const result of results) {
    if (result.errorCode !== 'NONE') throw new Error(`${what}: ${JSON.stringify(result)}`)
  }
}
