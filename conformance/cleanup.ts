// After a run nothing of it is there: groups, topics and configs with its mark go, transactions that it left open are
// aborted, and the broker's own configs are as they were. What has no mark is never touched.
import { apis } from '../src/wire/index.ts'
import { eventually } from '../test/support/eventually.ts'
import type { RawClient } from '../test/support/raw-client.ts'
import { mustBeNone } from '../test/support/unexpected.ts'
import { within } from './deadline.ts'
import { onConnection, requireAlive, type Subject } from './subject.ts'

const [BROKER, CLIENT_METRICS, GROUP] = [4, 16, 32]
const [SET, DELETE] = [0, 1]
/** Where a config's value is from: set while the broker runs, for it or for all. */
const [THIS_BROKER, CLUSTER_DEFAULT] = [2, 3]
const DEADLINE_MS = 30_000
/** Names in one request. */
const CHUNK = 100

type Values = ReadonlyMap<string, string | null>
/** How the broker is before a run. */
export interface Before {
  /** What of its configs is set, by resource name: its id, and nothing for the default of all brokers. */
  readonly configs: ReadonlyMap<string, Values>
  /** Whether somebody uses the group without a name, which one check commits to. */
  readonly hasNamelessGroup: boolean
}

/** Of a broker that does not tell, nothing is known. */
export async function look(subject: Subject): Promise<Before> {
  const looking = onConnection(subject, async (client) => {
    const configs = new Map<string, Values>()
    if (can(subject, 'DescribeConfigs')) {
      for (const name of [`${subject.nodeId}`, '']) configs.set(name, await dynamicConfigs(client, name))
    }
    const groups = can(subject, 'ListGroups') ? await listGroups(client) : []
    return { configs, hasNamelessGroup: groups.some(({ groupId }) => groupId === '') }
  })
  const nothing: Before = { configs: new Map(), hasNamelessGroup: true }
  return within(DEADLINE_MS, looking, tooLate).catch(() => nothing)
}

/** Removes what has the mark, puts configs back, and tells what could not be undone. */
export async function cleanUp(subject: Subject, mark: string, before: Before): Promise<string[]> {
  try {
    await requireAlive(subject)
  } catch (error) {
    return [`all with ${mark} in its name: ${(error as Error).message}`]
  }
  const left: string[] = []
  const steps: [what: string, step: (client: RawClient) => Promise<void>][] = [
    ['transactions', (client) => abortTransactions(subject, client, mark)],
    [
      'groups',
      (client) =>
        deleteGroups(subject, client, (name) => name.includes(mark) || (name === '' && !before.hasNamelessGroup)),
    ],
    ['configs of groups and client metrics', (client) => deleteConfigs(subject, client, mark)],
    ['topics', (client) => deleteTopics(subject, client, mark)],
    ['configs of the broker', (client) => restoreConfigs(subject, client, before.configs)],
  ]
  for (const [what, step] of steps) {
    // Each on a connection of its own: one that fails keeps none of the others from its work.
    const cleaning = within(2 * DEADLINE_MS, onConnection(subject, step), tooLate)
    await cleaning.catch((error: unknown) => left.push(`${what}: ${(error as Error).message}`))
  }
  return left
}

function tooLate(): Error {
  return new Error('the broker does not answer')
}

function can({ advertised }: Subject, ...needed: readonly (keyof typeof apis)[]): boolean {
  return needed.every((api) => advertised.ranges.has(apis[api].key))
}

/** Who begins anew with an id aborts what was open. Brokers that do not list transactions end them in their time. */
async function abortTransactions(subject: Subject, client: RawClient, mark: string): Promise<void> {
  if (!can(subject, 'ListTransactions', 'InitProducerId')) return
  await eventually(
    'the end of all transactions',
    async () => {
      const version = client.nearest(apis.ListTransactions, 2)
      const { transactionStates } = await client.ask(apis.ListTransactions, version, { stateFilters: ['Ongoing'] })
      const open = transactionStates.filter(({ transactionalId }) => transactionalId.includes(mark))
      for (const { transactionalId } of open) {
        const request = { transactionalId, transactionTimeoutMs: 60_000 }
        await client.ask(apis.InitProducerId, client.nearest(apis.InitProducerId, 5), request)
      }
      return open.length === 0
    },
    DEADLINE_MS,
  )
}

async function deleteGroups(subject: Subject, client: RawClient, isOwn: (name: string) => boolean): Promise<void> {
  if (!can(subject, 'ListGroups', 'DeleteGroups')) return
  await eventually(
    'the end of all groups',
    async () => {
      const own = (await listGroups(client)).filter(({ groupId }) => isOwn(groupId))
      if (own.length === 0) return true
      for (const { groupId, groupType } of own) {
        if (groupType.toLowerCase() === 'consumer') await emptyConsumerGroup(client, groupId)
        else await emptyClassicGroup(client, groupId)
      }
      for (const groupsNames of chunks(own.map(({ groupId }) => groupId))) {
        await client.ask(apis.DeleteGroups, client.nearest(apis.DeleteGroups, 2), { groupsNames })
      }
      return false
    },
    DEADLINE_MS,
  )
}

async function listGroups(client: RawClient) {
  return (await client.ask(apis.ListGroups, client.nearest(apis.ListGroups, 5), {})).groups
}

async function emptyClassicGroup(client: RawClient, groupId: string): Promise<void> {
  const version = client.nearest(apis.DescribeGroups, 5)
  const { groups } = await client.ask(apis.DescribeGroups, version, { groups: [groupId] })
  for (const { memberId, groupInstanceId } of groups.flatMap(({ members }) => members)) {
    await leaveClassic(client, groupId, memberId, groupInstanceId)
  }
}

async function emptyConsumerGroup(client: RawClient, groupId: string): Promise<void> {
  const version = client.nearest(apis.ConsumerGroupDescribe, 1)
  const { groups } = await client.ask(apis.ConsumerGroupDescribe, version, { groupIds: [groupId] })
  for (const { memberId, instanceId } of groups.flatMap(({ members }) => members)) {
    const request = { groupId, memberId, instanceId, memberEpoch: -1 }
    await client.ask(apis.ConsumerGroupHeartbeat, client.nearest(apis.ConsumerGroupHeartbeat, 1), request)
    // It may be a classic member in the group of others, and leaves as such.
    await leaveClassic(client, groupId, memberId, instanceId)
  }
}

async function leaveClassic(
  client: RawClient,
  groupId: string,
  memberId: string,
  groupInstanceId: string | null,
): Promise<void> {
  const version = client.nearest(apis.LeaveGroup, 5)
  const who = version < 3 ? { memberId } : { members: [{ memberId, groupInstanceId }] }
  await client.ask(apis.LeaveGroup, version, { groupId, ...who })
}

/** A group may have configs without being there, and so may what nobody has subscribed to. */
async function deleteConfigs(subject: Subject, client: RawClient, mark: string): Promise<void> {
  if (!can(subject, 'ListConfigResources', 'DescribeConfigs', 'IncrementalAlterConfigs')) return
  const version = client.nearest(apis.ListConfigResources, 1)
  const resourceTypes = version < 1 ? [] : [CLIENT_METRICS, GROUP]
  const { configResources } = await client.ask(apis.ListConfigResources, version, { resourceTypes })
  for (const { resourceType, resourceName } of configResources) {
    if (!resourceName.includes(mark)) continue
    const names = await settableConfigs(client, resourceType, resourceName)
    await alter(client, resourceType, resourceName, new Map(names.map((name) => [name, null])))
  }
}

async function settableConfigs(client: RawClient, resourceType: number, resourceName: string): Promise<string[]> {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await client.ask(apis.DescribeConfigs, client.nearest(apis.DescribeConfigs, 4), { resources })
  return results.flatMap(({ configs }) => configs.map(({ name }) => name))
}

async function deleteTopics(subject: Subject, client: RawClient, mark: string): Promise<void> {
  if (!can(subject, 'DeleteTopics')) return
  const version = client.nearest(apis.DeleteTopics, 6)
  await eventually(
    'the end of all topics',
    async () => {
      const { topics } = await client.ask(apis.Metadata, client.nearest(apis.Metadata, 12), allTopics(client))
      const own = topics.flatMap(({ name }) => (name?.includes(mark) ? [name] : []))
      for (const names of chunks(own)) {
        const request = version < 6 ? { topicNames: names } : { topics: names.map((name) => ({ name })) }
        await client.ask(apis.DeleteTopics, version, { ...request, timeoutMs: DEADLINE_MS })
      }
      return own.length === 0
    },
    DEADLINE_MS,
  )
}

/** An empty list asks for all topics at version 0, and for none at the later ones. */
function allTopics(client: RawClient) {
  return { topics: client.nearest(apis.Metadata, 12) === 0 ? [] : null }
}

async function restoreConfigs(subject: Subject, client: RawClient, before: Before['configs']): Promise<void> {
  for (const [resourceName, were] of before) {
    const are = await dynamicConfigs(client, resourceName)
    const changes = new Map<string, string | null>()
    for (const name of are.keys()) if (!were.has(name)) changes.set(name, null)
    for (const [name, value] of were) if (are.get(name) !== value) changes.set(name, value)
    if (changes.size > 0 && can(subject, 'IncrementalAlterConfigs')) await alter(client, BROKER, resourceName, changes)
  }
}

async function dynamicConfigs(client: RawClient, resourceName: string): Promise<Values> {
  const resources = [{ resourceType: BROKER, resourceName, configurationKeys: null }]
  const { results } = await client.ask(apis.DescribeConfigs, client.nearest(apis.DescribeConfigs, 4), { resources })
  // What is set for all brokers counts as set for each.
  const source = resourceName === '' ? CLUSTER_DEFAULT : THIS_BROKER
  const set = results.flatMap(({ configs }) => configs).filter(({ configSource }) => configSource === source)
  // What is secret cannot be read, and so not put back; no check alters such a thing.
  return new Map(set.filter(({ isSensitive }) => !isSensitive).map(({ name, value }) => [name, value]))
}

/** Sets what has a value, and takes away what has none. */
async function alter(client: RawClient, resourceType: number, resourceName: string, changes: Values): Promise<void> {
  const configs = Array.from(changes, ([name, value]) => ({
    name,
    value,
    configOperation: value === null ? DELETE : SET,
  }))
  const version = client.nearest(apis.IncrementalAlterConfigs, 1)
  const { responses } = await client.ask(apis.IncrementalAlterConfigs, version, {
    resources: [{ resourceType, resourceName, configs }],
  })
  for (const { errorCode, errorMessage } of responses)
    mustBeNone(`the configs of ${resourceName}`, errorCode, errorMessage)
}

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / CHUNK)
  return Array.from({ length: count }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK))
}
