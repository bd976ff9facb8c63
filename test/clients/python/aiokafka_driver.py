"""aiokafka: its event loop runs in a thread of its own, and each call here waits for one there."""

import asyncio
import sys
import threading

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from harness import SCENARIO_DEADLINE_S, Record, Unsupported, drive, reason_of
from scenarios import scenarios

POLL_MS = 50

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def wait_for(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(SCENARIO_DEADLINE_S)


async def started(make, **configs):
    """Its classes look for the running loop when they are made."""
    made = make(**configs)
    await made.start()
    return made


def raise_for(code, message):
    if code != 0:
        raise for_code(code)(message)


def to_record(read):
    return Record(
        read.value, read.key, read.partition, read.timestamp, tuple(read.headers), read.offset
    )


class ProducerOf:
    def __init__(self, **configs):
        self._producer = wait_for(started(AIOKafkaProducer, **configs))

    def send(self, topic, records):
        wait_for(self._send(topic, records))

    async def _send(self, topic, records):
        sent = [
            await self._producer.send(
                topic,
                record.value,
                record.key,
                record.partition,
                record.timestamp,
                list(record.headers),
            )
            for record in records
        ]
        # All have ended when an error is told.
        for result in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    def begin(self):
        wait_for(self._producer.begin_transaction())

    def commit(self):
        wait_for(self._producer.commit_transaction())

    def abort(self):
        wait_for(self._producer.abort_transaction())

    def send_offsets(self, member, topic, offset):
        offsets = {TopicPartition(topic, 0): offset}
        wait_for(self._producer.send_offsets_to_transaction(offsets, member.group_id))

    def close(self):
        wait_for(self._producer.stop())


class ConsumerOf:
    def __init__(self, topic, consumer, group_id=None):
        self.records = []
        self.group_id = group_id
        self._topic = topic
        self._consumer = consumer
        self._open = True
        asyncio.run_coroutine_threadsafe(self._read(), loop)

    async def _read(self):
        while self._open:
            try:
                batches = await self._consumer.getmany(timeout_ms=POLL_MS)
                self.records.extend(
                    to_record(read) for batch in batches.values() for read in batch
                )
            except KafkaError as error:
                print(reason_of(error), file=sys.stderr)

    def partitions(self):
        return [one.partition for one in self._consumer.assignment()] if self._open else []

    def commit(self):
        offsets = {
            TopicPartition(self._topic, record.partition): record.offset + 1
            for record in self.records
        }
        wait_for(self._consumer.commit(offsets))

    def close(self):
        if not self._open:
            return
        self._open = False
        wait_for(self._consumer.stop())


class Client:
    def __init__(self, run):
        self._base = {"bootstrap_servers": run.bootstrap, "client_id": run.name}
        self._admin = wait_for(started(AIOKafkaAdminClient, **self._base))
        run.using(self)

    def close(self):
        wait_for(self._admin.close())

    def create_topic(self, topic, partitions, configs):
        asked = NewTopic(topic, partitions, 1, topic_configs=configs)
        for _, code, message, *_ in wait_for(self._admin.create_topics([asked])).topic_errors:
            raise_for(code, message)

    def topic_names(self):
        return wait_for(self._admin.list_topics())

    def partition_count(self, topic):
        (described,) = wait_for(self._admin.describe_topics([topic]))
        return len(described["partitions"])

    def delete_topic(self, topic):
        for name, code in wait_for(self._admin.delete_topics([topic])).topic_error_codes:
            raise_for(code, name)

    def topic_config(self, topic, name):
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
        (response,) = wait_for(self._admin.describe_configs([asked]))
        ((code, message, _, _, entries),) = response.resources
        raise_for(code, message)
        return entries[0][1]

    def alter_topic_config(self, topic, name, value):
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        for response in wait_for(self._admin.alter_configs([asked])):
            for code, message, *_ in response.resources:
                raise_for(code, message)

    def cluster(self):
        described = wait_for(self._admin.describe_cluster())
        addresses = {
            broker["node_id"]: f"{broker['host']}:{broker['port']}"
            for broker in described["brokers"]
        }
        return list(addresses.values()), addresses.get(described["controller_id"])

    def committed(self, group_id, topic):
        partition = TopicPartition(topic, 0)
        found = wait_for(self._admin.list_consumer_group_offsets(group_id, partitions=[partition]))
        return None if found[partition].offset < 0 else found[partition].offset

    async def _alter_committed(self, group_id, partition, offset):
        consumer = AIOKafkaConsumer(**self._base, group_id=group_id, enable_auto_commit=False)
        consumer.assign([partition])
        await consumer.start()
        try:
            await consumer.commit({partition: offset})
        finally:
            await consumer.stop()

    def alter_committed(self, group_id, topic, offset):
        """Not a call of its admin: a consumer that assigns itself commits any offset."""
        wait_for(self._alter_committed(group_id, TopicPartition(topic, 0), offset))

    async def _offset_at(self, partition, timestamp):
        async with AIOKafkaConsumer(**self._base) as consumer:
            return (await consumer.offsets_for_times({partition: timestamp}))[partition]

    def offset_at(self, topic, timestamp):
        found = wait_for(self._offset_at(TopicPartition(topic, 0), timestamp))
        return None if found is None else found.offset

    def producer(self, codec="none", idempotent=False, transactional_id=None):
        return ProducerOf(
            **self._base,
            acks="all",
            compression_type=None if codec == "none" else codec,
            enable_idempotence=idempotent or transactional_id is not None,
            transactional_id=transactional_id,
            max_request_size=20 << 20,
        )

    async def _consumer(self, subscribe, **configs):
        consumer = AIOKafkaConsumer(
            **self._base,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=20 << 20,
            **configs,
        )
        subscribe(consumer)
        await consumer.start()
        return consumer

    def reader(self, topic, partition=0, offset=0, committed=False):
        read = TopicPartition(topic, partition)
        isolation = "read_committed" if committed else "read_uncommitted"
        consumer = wait_for(
            self._consumer(lambda consumer: consumer.assign([read]), isolation_level=isolation)
        )
        loop.call_soon_threadsafe(consumer.seek, read, offset)
        return ConsumerOf(topic, consumer)

    def member(self, group_id, topic, protocol="classic"):
        if protocol != "classic":
            raise Unsupported("it has the classic protocol alone")
        configs = {"group_id": group_id, "heartbeat_interval_ms": 500}
        consumer = wait_for(
            self._consumer(lambda consumer: consumer.subscribe([topic]), **configs)
        )
        return ConsumerOf(topic, consumer, group_id)


drive(Client, aiokafka.__version__, scenarios)
