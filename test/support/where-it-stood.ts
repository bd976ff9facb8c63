// What a broker says of its groups, transactions and producers, for the report of a run that hangs.
import { apis } from '../../src/wire/index.ts'
import { RawClient } from './raw-client.ts'

const ANSWER_DEADLINE_MS = 5000

/** The answers as JSON, a line each; what is not answered in time says so. */
export async function whereTheBrokerStood(host: string, port: number, topics: readonly string[]): Promise<string> {
  const lines: string[] = []
  const ask = async (what: string, question: (client: RawClient) => Promise<unknown>) => {
    const answer = await inTime(asked(host, port, question)).catch((error: unknown) => `${error}`)
    lines.push(`${what}: ${JSON.stringify(answer, shown)}`)
    return answer
  }
  await ask('transactions', async (client) => {
    const { transactionStates } = await client.ask(apis.ListTransactions, 1, {})
    const transactionalIds = transactionStates.map(({ transactionalId }) => transactionalId)
    return (await client.ask(apis.DescribeTransactions, 0, { transactionalIds })).transactionStates
  })
  await ask('groups', async (client) => {
    const { groups } = await client.ask(apis.ListGroups, 5, {})
    const idsOf = (type: string) => groups.filter((one) => one.groupType === type).map(({ groupId }) => groupId)
    const [classic, consumer] = [idsOf('classic'), idsOf('consumer')]
    return [
      ...(await client.ask(apis.DescribeGroups, 5, { groups: classic })).groups,
      ...(await client.ask(apis.ConsumerGroupDescribe, 1, { groupIds: consumer })).groups,
    ]
  })
  await ask('producers', async (client) => {
    const metadata = await client.ask(apis.Metadata, 12, { topics: topics.map((name) => ({ name })) })
    const partitions = metadata.topics.map((topic) => ({
      name: topic.name ?? '',
      partitionIndexes: topic.partitions.map(({ partitionIndex }) => partitionIndex),
    }))
    return (await client.ask(apis.DescribeProducers, 0, { topics: partitions })).topics
  })
  return lines.join('\n')
}

async function asked(host: string, port: number, question: (client: RawClient) => Promise<unknown>): Promise<unknown> {
  const client = await RawClient.connect(host, port)
  try {
    return await question(client)
  } finally {
    client.close()
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_DEADLINE_MS} ms`)), ANSWER_DEADLINE_MS)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** Bytes say little here. */
function shown(_: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
  return isBuffer ? undefined : value
}
