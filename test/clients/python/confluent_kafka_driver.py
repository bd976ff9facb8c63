"""confluent-kafka: librdkafka, as its wheels bring it."""

import confluent_kafka
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
)

from harness import Polling, Record, drive
from scenarios import scenarios

TIMEOUT_S = 30
ADMIN_TIMEOUT_S = 10
POLL_S = 0.05


def only(futures):
    """The result of a call that was asked about one thing."""
    (future,) = futures.values()
    return future.result()


def address(node):
    return f"{node.host}:{node.port}"


def offset_or_none(offset):
    return None if offset < 0 else offset


def to_record(message):
    return Record(
        message.value(),
        message.key(),
        message.partition(),
        message.timestamp()[1],
        tuple(message.headers() or ()),
        message.offset(),
    )


class ProducerOf:
    def __init__(self, configs):
        self._producer = Producer(configs)
        if "transactional.id" in configs:
            self._producer.init_transactions(TIMEOUT_S)
        self.begin = self._producer.begin_transaction

    def send(self, topic, records):
        errors = []

        def delivered(error, _message):
            if error is not None:
                errors.append(error)

        for record in records:
            known = {"partition": record.partition, "timestamp": record.timestamp}
            self._producer.produce(
                topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                on_delivery=delivered,
                **{name: value for name, value in known.items() if value is not None},
            )
        self._producer.flush()
        if errors:
            raise KafkaException(errors[0])

    def commit(self):
        self._producer.commit_transaction(TIMEOUT_S)

    def abort(self):
        self._producer.abort_transaction(TIMEOUT_S)

    def send_offsets(self, member, topic, offset):
        metadata = member.call(member.consumer.consumer_group_metadata)
        self._producer.send_offsets_to_transaction(
            [TopicPartition(topic, 0, offset)], metadata, TIMEOUT_S
        )

    def close(self):
        self._producer.close()


class ConsumerOf(Polling):
    def __init__(self, topic, consumer):
        self._topic = topic
        super().__init__(consumer, self._next, self._assignment, consumer.close)

    def _next(self):
        messages = self.consumer.consume(1000, POLL_S)
        return [to_record(message) for message in messages if message.error() is None]

    def _assignment(self):
        return [one.partition for one in self.consumer.assignment()]

    def commit(self):
        offsets = [
            TopicPartition(self._topic, *next_offset)
            for next_offset in self.next_offsets().items()
        ]
        self.call(lambda: self.consumer.commit(offsets=offsets, asynchronous=False))


class Client:
    def __init__(self, run):
        self._run = run
        self._base = {
            "bootstrap.servers": run.bootstrap,
            "client.id": run.name,
            "reconnect.backoff.max.ms": 500,
            "log_level": 0,
        }
        self._admin = AdminClient(self._base)
        self._readers = 0

    def create_topic(self, topic, partitions, configs):
        asked = NewTopic(topic, partitions, 1, config=configs)
        only(self._admin.create_topics([asked], request_timeout=ADMIN_TIMEOUT_S))

    def topic_names(self):
        return list(self._admin.list_topics(timeout=TIMEOUT_S).topics)

    def partition_count(self, topic):
        return len(only(self._admin.describe_topics(TopicCollection([topic]))).partitions)

    def delete_topic(self, topic):
        only(self._admin.delete_topics([topic]))

    def topic_config(self, topic, name):
        return only(
            self._admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)])
        )[name].value

    def alter_topic_config(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        only(self._admin.incremental_alter_configs([resource]))

    def cluster(self):
        described = self._admin.describe_cluster().result()
        return [address(node) for node in described.nodes], address(described.controller)

    def committed(self, group_id, topic):
        asked = ConsumerGroupTopicPartitions(group_id, [TopicPartition(topic, 0)])
        (found,) = only(self._admin.list_consumer_group_offsets([asked])).topic_partitions
        return offset_or_none(found.offset)

    def alter_committed(self, group_id, topic, offset):
        altered = ConsumerGroupTopicPartitions(group_id, [TopicPartition(topic, 0, offset)])
        only(self._admin.alter_consumer_group_offsets([altered]))

    def offset_at(self, topic, timestamp):
        asked = {TopicPartition(topic, 0): OffsetSpec.for_timestamp(timestamp)}
        return offset_or_none(only(self._admin.list_offsets(asked)).offset)

    def producer(self, codec="none", idempotent=False, transactional_id=None):
        configs = {
            "compression.type": codec,
            "enable.idempotence": idempotent,
            "message.max.bytes": 20 << 20,
        }
        if transactional_id is not None:
            configs |= {"transactional.id": transactional_id, "enable.idempotence": True}
        return ProducerOf(self._base | configs)

    def _consumer(self, **configs):
        common = {
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
            "fetch.message.max.bytes": 20 << 20,
        }
        return Consumer(
            self._base
            | common
            | {name.replace("_", "."): value for name, value in configs.items()}
        )

    def reader(self, topic, partition=0, offset=0, committed=False):
        self._readers += 1
        isolation = "read_committed" if committed else "read_uncommitted"
        consumer = self._consumer(
            group_id=f"{self._run.name}-reader-{self._readers}", isolation_level=isolation
        )
        consumer.assign([TopicPartition(topic, partition, offset)])
        return ConsumerOf(topic, consumer)

    def member(self, group_id, topic, protocol="classic"):
        intervals = (
            {"heartbeat_interval_ms": 500, "session_timeout_ms": 10_000}
            if protocol == "classic"
            else {}
        )
        consumer = self._consumer(group_id=group_id, group_protocol=protocol, **intervals)
        consumer.subscribe([topic])
        return ConsumerOf(topic, consumer)


drive(
    Client,
    f"{confluent_kafka.__version__} (librdkafka {confluent_kafka.libversion()[0]})",
    scenarios,
)
