"""kafka-python."""

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from harness import Failed, Polling, Record, Unsupported, drive
from scenarios import scenarios

TIMEOUT_S = 60
POLL_MS = 50
CLOSE_S = 5


def check_none(error):
    """Some calls of its admin return the class of an error where others raise it."""
    if error is not kafka.errors.NoError:
        raise error


def to_record(read):
    return Record(
        read.value, read.key, read.partition, read.timestamp, tuple(read.headers), read.offset
    )


class ProducerOf:
    def __init__(self, transactional, **configs):
        self._producer = KafkaProducer(**configs)
        if transactional:
            self._producer.init_transactions()
        self.begin = self._producer.begin_transaction
        self.commit = self._producer.commit_transaction
        self.abort = self._producer.abort_transaction

    def _send_one(self, topic, record):
        try:
            return self._producer.send(
                topic,
                record.value,
                record.key,
                list(record.headers),
                record.partition,
                record.timestamp,
            )
        except TypeError as error:
            raise Unsupported(str(error)) from None

    def send(self, topic, records):
        for future in [self._send_one(topic, record) for record in records]:
            future.get(TIMEOUT_S)

    def send_offsets(self, member, topic, offset):
        metadata = member.call(member.consumer.group_metadata)
        offsets = {TopicPartition(topic, 0): OffsetAndMetadata(offset, "", -1)}
        self._producer.send_offsets_to_transaction(offsets, metadata)

    def close(self):
        self._producer.close(CLOSE_S)


class ConsumerOf(Polling):
    def __init__(self, topic, consumer):
        self._topic = topic
        super().__init__(
            consumer, self._next, self._assignment, lambda: consumer.close(autocommit=False)
        )

    def _next(self):
        return [
            to_record(read) for batch in self.consumer.poll(POLL_MS).values() for read in batch
        ]

    def _assignment(self):
        return [one.partition for one in self.consumer.assignment()]

    def commit(self):
        offsets = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in self.next_offsets().items()
        }
        self.call(lambda: self.consumer.commit(offsets))


class Client:
    def __init__(self, run):
        self._run = run
        self._base = {
            "bootstrap_servers": run.bootstrap,
            "client_id": run.name,
            "reconnect_backoff_max_ms": 500,
        }
        self._admin = run.using(KafkaAdminClient(**self._base))

    def create_topic(self, topic, partitions, configs):
        asked = {
            topic: {"num_partitions": partitions, "replication_factor": 1, "configs": configs}
        }
        self._admin.create_topics(asked, wait_for_metadata=True)

    def topic_names(self):
        return self._admin.list_topics()

    def partition_count(self, topic):
        (described,) = self._admin.describe_topics([topic])
        return len(described["partitions"])

    def delete_topic(self, topic):
        self._admin.delete_topics([topic])

    def topic_config(self, topic, name):
        described = self._admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all"
        )
        return described["topic"][topic][name]["value"]

    def alter_topic_config(self, topic, name, value):
        altered = self._admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})]
        )
        if altered["topic"][topic] != "OK":
            raise Failed(altered["topic"][topic])

    def cluster(self):
        described = self._admin.describe_cluster()
        addresses = {
            broker["broker_id"]: f"{broker['host']}:{broker['port']}"
            for broker in described["brokers"]
        }
        return list(addresses.values()), addresses.get(described["controller_id"])

    def committed(self, group_id, topic):
        partition = TopicPartition(topic, 0)
        found = self._admin.list_group_offsets({group_id: [partition]})[group_id].get(partition)
        return None if found is None or found.offset < 0 else found.offset

    def alter_committed(self, group_id, topic, offset):
        partition = TopicPartition(topic, 0)
        check_none(
            self._admin.alter_group_offsets(
                group_id, {partition: OffsetAndMetadata(offset, "", -1)}
            )[partition]
        )

    def offset_at(self, topic, timestamp):
        partition = TopicPartition(topic, 0)
        found = self._admin.list_partition_offsets({partition: timestamp})[partition]
        return None if found is None or found.offset < 0 else found.offset

    def producer(self, codec="none", idempotent=False, transactional_id=None):
        return ProducerOf(
            transactional_id is not None,
            **self._base,
            compression_type=None if codec == "none" else codec,
            enable_idempotence=idempotent or transactional_id is not None,
            transactional_id=transactional_id,
            max_request_size=20 << 20,
        )

    def _consumer(self, **configs):
        return KafkaConsumer(
            **self._base,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=20 << 20,
            **configs,
        )

    def reader(self, topic, partition=0, offset=0, committed=False):
        consumer = self._consumer(
            isolation_level="read_committed" if committed else "read_uncommitted"
        )
        consumer.assign([TopicPartition(topic, partition)])
        consumer.seek(TopicPartition(topic, partition), offset)
        return ConsumerOf(topic, consumer)

    def member(self, group_id, topic, protocol="classic"):
        if protocol != "classic":
            raise Unsupported("it has the classic protocol alone")
        consumer = self._consumer(
            group_id=group_id, heartbeat_interval_ms=500, session_timeout_ms=10_000
        )
        consumer.subscribe([topic])
        # It joins again when it learns of the partitions after it has joined. Where a poll ends
        # while it does, no later one takes up what it was assigned; so it learns of them before.
        consumer.topics()
        return ConsumerOf(topic, consumer)


drive(Client, kafka.__version__, scenarios)
