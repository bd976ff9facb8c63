// A read-process-write pipeline: several processes of one client that copy the input topic into an output topic of their
// own, as one group; and what the broker says of it.

import { apis } from '../../src/wire/index.ts'
import { ClientProcess, type Command, javaCommand } from '../support/client-process.ts'
import { eventually } from '../support/eventually.ts'
import type { RawClient } from '../support/raw-client.ts'

export const INPUT = 'input'
export const PARTITIONS = 4
const PROGRESS_DEADLINE_MS = 120_000

export const exactlyOnceClients = ['java-classic', 'java-consumer', 'java-static', 'kafkajs'] as const

export type Client = (typeof exactlyOnceClients)[number] | 'java-at-least-once'

export interface Programs {
  readonly bootstrap: string
  readonly classpath: string
  /** The bundled kafkajs processor. */
  readonly script: string
}

export class Pipeline {
  readonly client: Client
  readonly output: string
  readonly group: string
  readonly members: readonly ClientProcess[]

  constructor(client: Client, instances: number, programs: Programs) {
    this.client = client
    this.output = `output-${client}`
    this.group = `group-${client}`
    this.members = Array.from({ length: instances }, (_, i) => {
      const name = `${client}-${i}`
      return new ClientProcess(name, this.command(name, programs))
    })
  }

  private command(name: string, { bootstrap, classpath, script }: Programs): Command {
    const { client, group, output } = this
    const common = [`bootstrap=${bootstrap}`, `group=${group}`, `input=${INPUT}`, `output=${output}`, `name=${name}`]
    if (client === 'kafkajs') return { file: process.execPath, args: [script, ...common] }
    return javaCommand(classpath, 'Processor', [
      ...common,
      `mode=${client === 'java-at-least-once' ? 'at-least-once' : 'exactly-once'}`,
      `protocol=${client === 'java-consumer' ? 'consumer' : 'classic'}`,
      `transactional.id=${name}`,
      ...(client === 'java-static' ? [`instance.id=${name}`] : []),
    ])
  }

  start(): void {
    for (const member of this.members) member.start()
  }

  /** Resolves when the group has committed more than `before`. */
  async progress(ask: Asker, before: number): Promise<number> {
    return eventually(
      `${this.group} to come further than ${before}`,
      async () => {
        const now = sum(await committedOffsets(ask, this.group))
        return now > before && now
      },
      PROGRESS_DEADLINE_MS,
    )
  }

  /** Resolves when the group has committed these offsets. */
  async finishes(ask: Asker, ends: readonly number[]): Promise<void> {
    await eventually(
      `${this.group} to commit ${ends}`,
      async () => {
        const committed = await committedOffsets(ask, this.group)
        return ends.every((end, partition) => committed[partition] === end)
      },
      PROGRESS_DEADLINE_MS,
    )
  }
}

/** Asks the broker over a connection that is opened again after each restart. */
export type Asker = <T>(question: (client: RawClient) => Promise<T>) => Promise<T>

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const allPartitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/** By partition of the input; 0 where nothing is committed. */
export function committedOffsets(ask: Asker, groupId: string): Promise<number[]> {
  const topics = [{ name: INPUT, partitionIndexes: allPartitions }]
  const groups = [{ groupId, topics }]
  return eventually(
    `the offsets of ${groupId}`,
    async () => {
      const answer = await ask((client) => client.ask(apis.OffsetFetch, 9, { groups, requireStable: true }))
      const partitions = answer.groups[0]?.topics[0]?.partitions ?? []
      if (partitions.some(({ errorCode }) => errorCode !== 'NONE')) return false
      return partitions.length === PARTITIONS && inOrder(partitions, ({ committedOffset }) => committedOffset)
    },
    PROGRESS_DEADLINE_MS,
  )
}

/** The high watermarks of a topic by partition. */
export function endOffsets(ask: Asker, name: string): Promise<number[]> {
  const topics = [{ name, partitions: allPartitions.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })) }]
  return eventually(
    `the offsets of ${name}`,
    async () => {
      const answer = await ask((client) => client.ask(apis.ListOffsets, 7, { replicaId: -1, topics }))
      const partitions = answer.topics[0]?.partitions ?? []
      if (partitions.some(({ errorCode }) => errorCode !== 'NONE')) return false
      return partitions.length === PARTITIONS && inOrder(partitions, ({ offset }) => offset)
    },
    PROGRESS_DEADLINE_MS,
  )
}

function inOrder<T extends { partitionIndex: number }>(partitions: readonly T[], offset: (one: T) => number): number[] {
  return [...partitions]
    .sort((one, other) => one.partitionIndex - other.partitionIndex)
    .map((one) => Math.max(0, offset(one)))
}
