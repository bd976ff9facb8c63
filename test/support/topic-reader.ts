// Reads whole topics as a read_committed consumer of Java sees them.
import { ClientProcess, javaCommand } from './client-process.ts'

export interface ReadRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: string
  readonly key: string
  readonly value: string
}

export interface PartitionEnd {
  readonly topic: string
  readonly partition: number
  readonly lastStableOffset: number
  readonly highWatermark: number
}

export class TopicReader {
  readonly records: ReadRecord[] = []
  readonly ends: PartitionEnd[] = []
  readonly process: ClientProcess
  private complete = false

  constructor(classpath: string, bootstrap: string, topics: readonly string[]) {
    this.process = new ClientProcess('reader', javaCommand(classpath, 'Reader', [bootstrap, ...topics]), (line) =>
      this.take(line),
    )
    this.process.start()
  }

  private take(line: string): void {
    const [kind, topic = '', partition, third, fourth, key = '', value = ''] = line.split('\t')
    if (kind === 'read') this.complete = true
    if (kind === 'record') {
      const timestamp = fourth ?? ''
      this.records.push({ topic, partition: Number(partition), offset: Number(third), timestamp, key, value })
    }
    if (kind === 'end') {
      const [lastStableOffset, highWatermark] = [Number(third), Number(fourth)]
      this.ends.push({ topic, partition: Number(partition), lastStableOffset, highWatermark })
    }
  }

  /** Reads on to the end that the topics have now. */
  async finish(): Promise<void> {
    await this.process.finish()
    if (!this.complete) throw new Error(`the topics were not read: ${await this.process.whereItStood()}`)
  }

  of(topic: string): ReadRecord[] {
    return this.records.filter((record) => record.topic === topic)
  }
}
