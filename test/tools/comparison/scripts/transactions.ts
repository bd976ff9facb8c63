// kafka-transactions: transactions that are open, ended, and left hanging by nobody's fault.

import { apis } from '../../../../src/wire/index.ts'
import { encodeBatch } from '../../../../src/wire/records/index.ts'
import { eventually } from '../../../support/eventually.ts'
import { only } from '../../../support/test-broker.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const TOPIC = 'transacted'
const HANGING_PRODUCER_ID = 424242

/** A transaction in the log that no coordinator knows of, as brokers of before Kafka 3.6 could leave one. */
async function leaveHanging(broker: ToolBroker): Promise<void> {
  const verify = async (value: string | null) => {
    const configs = [
      { name: 'transaction.partition.verification.enable', configOperation: value === null ? 1 : 0, value },
    ]
    const resources = [{ resourceType: 4, resourceName: '', configs }]
    await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
  }
  await verify('false')
  // A time of long ago, so that it counts as hanging.
  const records = encodeBatch({
    records: [{ timestamp: 1_700_000_000_000, key: null, value: Buffer.from('hanging') }],
    producerId: HANGING_PRODUCER_ID,
    producerEpoch: 3,
    baseSequence: 0,
    isTransactional: true,
  })
  await eventually('a transaction that nobody began to be written', async () => {
    const topicData = [{ name: TOPIC, partitionData: [{ index: 1, records: Buffer.from(records) }] }]
    const request = { transactionalId: 'nobody', acks: -1, timeoutMs: 30_000, topicData }
    const answer = await broker.ask(apis.Produce, 11, request)
    return only(only(answer.responses).partitionResponses).errorCode === 'NONE'
  })
  await verify(null)
}

const transactions: Script = {
  name: 'kafka-transactions',
  async run(tools) {
    const open = await tools.both(async (broker) => {
      await broker.topic({ name: TOPIC, partitions: 2 })
      const ended = await broker.transaction({ transactionalId: 'ended' })
      await ended.send(TOPIC, ['1', '2'])
      await ended.commit()
      const aborted = await broker.transaction({ transactionalId: 'aborted' })
      await aborted.send(TOPIC, ['3'])
      await aborted.abort()
      // Kafka answers before the marker is written.
      await eventually('the marker', async () => (await broker.endOffset(TOPIC)) === 5)
      await broker.transaction({ transactionalId: 'idle' })
      const ongoing = await broker.transaction({ transactionalId: 'ongoing' })
      await ongoing.send(TOPIC, ['4'])
      await leaveHanging(broker)
      return ongoing
    })
    const run = (...args: string[]) => tools.run('transactions', args, { bootstrap: 'first' })
    const read = (...args: string[]) => tools.read('transactions', args, { bootstrap: 'first', unordered: true })
    await read('list')
    await read('list', '--duration-filter', '100000')
    await read('list', '--duration-filter', 'long')
    await read('list', '--transactional-id-pattern', 'o.*')
    await read('list', '--transactional-id-pattern', 'o(')
    await read('describe', '--transactional-id', 'ongoing')
    await read('describe', '--transactional-id', 'ended')
    await read('describe', '--transactional-id', 'aborted')
    await read('describe', '--transactional-id', 'idle')
    await read('describe', '--transactional-id', 'missing')
    await read('describe')
    await read('describe-producers', '--topic', TOPIC, '--partition', '0')
    await read('describe-producers', '--topic', TOPIC, '--partition', '1', '--broker-id', '1')
    const impatient = (broker: ToolBroker) =>
      broker.file('impatient.properties', 'default.api.timeout.ms=1000\nrequest.timeout.ms=1000\n')
    for (const [topic, partition] of [
      [TOPIC, '7'],
      ['missing', '0'],
    ] as const) {
      const where = ['describe-producers', '--topic', topic, '--partition', partition, '--broker-id', '1']
      await tools.run('transactions', ['--command-config', impatient, ...where], { bootstrap: 'first' })
    }
    await read('find-hanging', '--topic', TOPIC)
    await read('find-hanging', '--topic', TOPIC, '--partition', '1')
    await read('find-hanging', '--broker-id', '1')
    await read('find-hanging', '--partition', '1')
    await read('find-hanging')
    await read('find-hanging', '--topic', 'missing')
    await run('abort', '--topic', TOPIC, '--partition', '1', '--start-offset', '99')
    await run('abort', '--topic', TOPIC, '--partition', '1')
    await run('abort', '--topic', TOPIC, '--partition', '1', '--start-offset', '0')
    await read('find-hanging', '--topic', TOPIC)
    await read('describe-producers', '--topic', TOPIC, '--partition', '1')
    const isolated = ['--topic', TOPIC, '--isolation-level', 'read_committed', '--from-beginning']
    await tools.run('console-consumer', [...isolated, '--max-messages', '2', '--timeout-ms', '20000'])
    await run('forceTerminateTransaction', '--transactionalId', 'ongoing')
    await run('forceTerminateTransaction', '--transactionalId', 'missing')
    await run('forceTerminateTransaction')
    await read('describe', '--transactional-id', 'ongoing')
    await read('list')
    await run('no-such-command')
    await run()
    await tools.read('transactions', ['list'], { bootstrap: 'first', unordered: true, alone: true })
    const told = await Promise.all(open.map(async (producer) => [await producer.commit()]))
    tools.agree('what the terminated producer is told', told[0] ?? [], told[1] ?? [])
  },
}

export const transactionScripts: readonly Script[] = [transactions]
