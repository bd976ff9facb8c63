// The broker that is looked at: where it is, what it says of itself, and why it cannot be looked at at all.
import { apis } from '../src/wire/index.ts'
import { awaitCoordinator } from '../test/support/admin.ts'
import { RawClient } from '../test/support/raw-client.ts'
import type { Configs } from '../test/support/runner.ts'
import { Advertised, NotApplicable, type Surroundings } from '../test/support/surroundings.ts'
import { TransactionalProducer } from '../test/support/transactional-producer.ts'
import { within } from './deadline.ts'

/** Long enough for a broker at the other end of the world, and short enough for who waits. */
const ANSWER_MS = 10_000

/** Some brokers take half a minute to create two topics of 50 partitions. */
const WARM_UP_MS = 60_000

const BROKER = 4

/** Why no check can be run, as the sentence that the user is told. */
export class Unfit extends Error {}

export interface Subject {
  readonly host: string
  readonly port: number
  readonly nodeId: number
  readonly clusterId: string | null
  readonly advertised: Advertised
}

/** Asks the broker who it is; throws Unfit where nobody answers, or more than one would have to. */
export async function findSubject(host: string, port: number): Promise<Subject> {
  const where = `${host}:${port}`
  const advertised = await using(host, port, {}, (client) => advertisedBy(client, where))
  const version = advertised.nearest(apis.Metadata.request, 12)
  if (!advertised.has(apis.Metadata.request, version)) {
    throw new Unfit(`the broker at ${where} does not advertise Metadata`)
  }
  return using(host, port, {}, async (client) => {
    const asking = client.ask(apis.Metadata, version, { topics: [] })
    const { brokers, clusterId } = await inTime(asking, `the broker at ${where} does not answer Metadata`)
    const [broker, ...others] = brokers
    if (broker === undefined || others.length > 0) {
      throw new Unfit(`the checks are for a cluster of one broker, and ${where} knows ${brokers.length}`)
    }
    return { host, port, nodeId: broker.nodeId, clusterId, advertised }
  })
}

/** Throws Unfit where the broker that was there is there no more. */
export async function requireAlive({ host, port }: Subject): Promise<void> {
  await using(host, port, {}, (client) => advertisedBy(client, `${host}:${port}`))
}

/** Asks at version 0, which every broker takes. */
async function advertisedBy(client: RawClient, where: string): Promise<Advertised> {
  const asking = client.ask(apis.ApiVersions, 0, {})
  const { errorCode, apiKeys } = await inTime(asking, `what listens at ${where} does not answer as a broker would`)
  if (errorCode !== 'NONE') throw new Unfit(`the broker at ${where} answers ApiVersions with ${errorCode}`)
  return new Advertised(new Map(apiKeys.map(({ apiKey, minVersion: min, maxVersion: max }) => [apiKey, { min, max }])))
}

/** Runs something on a connection to the broker that ends with it. */
export function onConnection<T>(
  { host, port, advertised }: Subject,
  use: (client: RawClient) => Promise<T>,
): Promise<T> {
  return using(host, port, { advertised }, use)
}

async function using<T>(
  host: string,
  port: number,
  surroundings: Surroundings,
  use: (client: RawClient) => Promise<T>,
): Promise<T> {
  const connecting = RawClient.connect(host, port, 'conformance', surroundings)
  const client = await inTime(connecting, `no broker can be reached at ${host}:${port}`)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

async function inTime<T>(asking: Promise<T>, otherwise: string): Promise<T> {
  try {
    return await within(ANSWER_MS, asking, () => new Error(`nothing came within ${ANSWER_MS / 1000} s`))
  } catch (error) {
    throw error instanceof Unfit ? error : new Unfit(`${otherwise}: ${(error as Error).message}`)
  }
}

/**
 * The first group and the first transaction make a broker create its internal topics, which takes a while. A broker that
 * does not get there is told so by the checks.
 */
export async function warmUp(subject: Subject, name: string): Promise<void> {
  const warming = onConnection(subject, async (client) => {
    await awaitCoordinator(client, name).catch(() => undefined)
    await new TransactionalProducer(client, name, 1).init()
  })
  await within(WARM_UP_MS, warming, () => new Error('the coordinators are not ready')).catch(() => undefined)
}

/** Throws NotApplicable unless the broker's configs are these. */
export async function requireConfigs(subject: Subject, given: Configs): Promise<void> {
  const names = Object.keys(given)
  if (names.length === 0) return
  await onConnection(subject, async (client) => {
    const resources = [{ resourceType: BROKER, resourceName: `${subject.nodeId}`, configurationKeys: names }]
    const version = client.nearest(apis.DescribeConfigs, 4)
    const { results } = await client.ask(apis.DescribeConfigs, version, { resources })
    const values = new Map(results.flatMap(({ configs }) => configs.map(({ name, value }) => [name, value] as const)))
    for (const [name, wanted] of Object.entries(given)) {
      if (values.get(name) !== wanted) throw new NotApplicable(`it needs a broker with ${name}=${wanted}`)
    }
  })
}
