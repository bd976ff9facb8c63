// Records what Kafka's own assignors give for random groups: `tsx test/oracle/record-assignments.ts`.
// Writes test/facts/kafka-assignments.jsonl.gz, one assignment a line; those of one group follow each other.
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { runAgainstKafka } from './kafka-java.ts'

const FACTS = new URL('../facts/kafka-assignments.jsonl.gz', import.meta.url)
const GROUPS = '160'
const STEPS = '7'

const main = 'org.apache.kafka.coordinator.group.Assignments'
writeFileSync(FACTS, gzipSync(await runAgainstKafka('Assignments.java', main, [GROUPS, STEPS]), { level: 9 }))
