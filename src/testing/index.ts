// `odradek/testing`: a broker inside a test, under the test's control.
import type { ControlOptions, ControlServer } from './control/server.ts'
import type { TestBrokerOptions } from './options.ts'
import { TestBroker } from './test-broker.ts'

export { ErrorCode, type ErrorName, KafkaError } from '../wire/errors.ts'
export { type WaitOptions, WaitTimeoutError } from './activity.ts'
export type { BrokerClock } from './clock.ts'
export type { ControlOptions, ControlServer } from './control/server.ts'
export type { DiskAction, DiskFaultHandle, DiskFaults, DiskSelector } from './disk.ts'
export type { Duration } from './duration.ts'
export type { ApiName, Fault, FaultAction, FaultOptions, RequestSelector, RequestView } from './faults.ts'
export type { GroupMember, GroupView, Offsets, ProducerView, TopicPartition, TransactionView } from './groups.ts'
export { type BrokerMatchers, type ExpectedRecord, matchers, type ToHaveRecordOptions } from './matchers.ts'
export type { ConnectionSelector, ConnectionView, NetworkFault, NetworkFaults, Speed } from './network.ts'
export type { TestBrokerOptions, TopicOptions, TopicsOption } from './options.ts'
export type { BatchInfo, RecordedRecord, RecordHeader, RecordsOptions, TransactionState } from './records.ts'
export type { LoggedRequest, RequestFilter, RequestLog, TraceOptions } from './request-log.ts'
export {
  type AvroType,
  avro,
  frame,
  json,
  type ProtobufCodec,
  type ProtobufJsType,
  protobuf,
  type Serde,
  text,
  unframe,
} from './serdes.ts'
export { Snapshot } from './snapshots.ts'
export type {
  ConnectionsOption,
  GroupExpectation,
  NewTestRecord,
  PartitionView,
  ProduceOptions,
  RecordValue,
  RestartOptions,
  TestBroker,
  TopicView,
} from './test-broker.ts'
export { type ApiRange, type ApiVersionsOption, type KafkaVersion, kafkaVersions } from './versions.ts'

/**
 * Starts a broker for a test: in memory, on a free port of 127.0.0.1, ready when it resolves. As many as wanted run side
 * by side in one process. Rejects with a `KafkaError` INVALID_CONFIG for a config that Kafka would refuse, with the
 * topic's error where a topic cannot be made, and with Node's error where a port cannot be had.
 *
 * @example
 * await using broker = await startBroker({ topics: { orders: { partitions: 3 } } })
 * const kafka = new Kafka({ brokers: broker.brokers })
 */
export function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  return TestBroker.start(options)
}

/**
 * Serves a broker's control over HTTP with JSON: everything that a test in this process can do, for tests in other
 * languages. `/openapi.json` says what there is. Loaded when it is first asked for. Rejects with Node's error where the
 * port cannot be had.
 */
export async function serveControl(broker: TestBroker, options: ControlOptions = {}): Promise<ControlServer> {
  const { startControl } = await import('./control/server.ts')
  return startControl(broker, options)
}
