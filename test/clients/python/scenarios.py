"""The scenarios, for Python clients; what each promises is in ../scenarios.ts.

Each gets `client`, which wraps one client's own calls, and `run`, its names and helpers.
"""

import re
import time
from contextlib import suppress
from functools import partial
from itertools import pairwise

from harness import Record, check, check_equal, reason_of, send_through_restarts, until

LARGEST_MESSAGE_BYTES = 1_048_588
# What a batch of one record without key and headers has around a value of that size.
BATCH_OVERHEAD_BYTES = 72

scenarios = {}


def scenario(function):
    scenarios[function.__name__.replace("_", "-")] = function
    return function


def numbered(count, first=0):
    return [Record(f"value {number}".encode()) for number in range(first, first + count)]


def texts(records):
    return [None if record.value is None else record.value.decode() for record in records]


def record_of(text, **fields):
    return Record(text.encode(), **fields)


def topic_of(client, run, partitions=1, configs=None):
    client.create_topic(run.name, partitions, configs or {})
    until("the topic in the list", lambda: run.name in client.topic_names())
    return run.name


def produce(client, run, topic, records, **options):
    producer = run.using(client.producer(**options))
    producer.send(topic, records)


def send_end(client, run, topic):
    produce(client, run, topic, [record_of("end")])


def read_to_end(client, run, topic, **options):
    """Reads partition 0 from its beginning up to the record "end"."""
    reader = run.using(client.reader(topic, **options))
    until('the record "end"', lambda: "end" in texts(reader.records))
    with suppress(Exception):
        reader.close()
    read = texts(reader.records)
    return read[: read.index("end")]


def refusal(call, *args):
    """What it is refused with."""
    try:
        call(*args)
    except Exception as error:
        return reason_of(error)
    return "no error"


@scenario
def topics(client, run):
    topic = topic_of(client, run, 3)
    check_equal(client.partition_count(topic), 3, "partitions")
    client.delete_topic(topic)
    until("the topic gone", lambda: topic not in client.topic_names())


@scenario
def topic_configs(client, run):
    topic = topic_of(client, run, 1, {"retention.ms": "3600000"})
    check_equal(client.topic_config(topic, "retention.ms"), "3600000", "retention.ms as created")
    client.alter_topic_config(topic, "retention.ms", "7200000")
    until("the new retention.ms", lambda: client.topic_config(topic, "retention.ms") == "7200000")


@scenario
def cluster(client, run):
    brokers, controller = client.cluster()
    check_equal(brokers, [run.bootstrap], "brokers")
    check_equal(controller, run.bootstrap, "the controller")


@scenario
def group_offsets(client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, numbered(5))
    member = run.using(client.member(run.name, topic))
    until("five records", lambda: len(member.records) == 5)
    member.commit()
    member.close()
    check_equal(client.committed(run.name, topic), 5, "the committed offset")


@scenario
def alter_group_offsets(client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, numbered(5))
    client.alter_committed(run.name, topic, 3)
    check_equal(client.committed(run.name, topic), 3, "the committed offset")
    member = run.using(client.member(run.name, topic))
    until("two records", lambda: len(member.records) >= 2)
    check_equal(texts(member.records), texts(numbered(2, 3)), "what was read from there")


def codec(name, client, run):
    topic = topic_of(client, run)
    sent = [record_of(f"{number} {'all work and no play ' * 5}") for number in range(200)]
    produce(client, run, topic, sent, codec=name)
    send_end(client, run, topic)
    check_equal(read_to_end(client, run, topic), texts(sent), "what was read")


for codec_name in ("none", "gzip", "snappy", "lz4", "zstd"):
    scenarios[f"codec-{codec_name}"] = partial(codec, codec_name)


@scenario
def nulls(client, run):
    topic = topic_of(client, run)
    sent = [Record(b"no key"), Record(None, key=b"tombstone"), Record(b"", key=b"")]
    produce(client, run, topic, sent)
    reader = run.using(client.reader(topic))
    until("three records", lambda: len(reader.records) == 3)
    pairs = [
        [(record.key, record.value) for record in records] for records in (reader.records, sent)
    ]
    check_equal(*pairs, "keys and values")


@scenario
def headers(client, run):
    topic = topic_of(client, run)
    sent = (
        ("binary", bytes(range(256))),
        ("repeated", b"one"),
        ("repeated", b"two"),
        ("empty", b""),
        ("schlüssel", b"wert"),
    )
    produce(client, run, topic, [record_of("with headers", headers=sent)])
    reader = run.using(client.reader(topic))
    until("the record", lambda: len(reader.records) == 1)
    check_equal(reader.records[0].headers, sent, "headers")


@scenario
def null_header(client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, [record_of("with a null header", headers=(("nothing", None),))])
    reader = run.using(client.reader(topic))
    until("the record", lambda: len(reader.records) == 1)
    check_equal(reader.records[0].headers, (("nothing", None),), "headers")


@scenario
def largest_record(client, run):
    topic = topic_of(client, run)
    producer = run.using(client.producer())
    largest = LARGEST_MESSAGE_BYTES - BATCH_OVERHEAD_BYTES
    producer.send(topic, [Record(b"x" * largest)])
    reason = refusal(producer.send, topic, [Record(b"x" * (largest + 1))])
    too_large = re.search("too.?large|too.?big|larger than", reason, re.IGNORECASE)
    check(too_large, f"one byte more was answered with {reason}")
    producer.send(topic, [record_of("end")])
    check_equal([len(text) for text in read_to_end(client, run, topic)], [largest], "sizes")

    large = f"{topic}.large"
    client.create_topic(large, 1, {"max.message.bytes": str(8 << 20)})
    producer.send(large, [Record(b"y" * 8_000_000)])
    producer.send(large, [record_of("end")])
    check_equal([len(text) for text in read_to_end(client, run, large)], [8_000_000], "sizes")


@scenario
def seek_by_time(client, run):
    topic = topic_of(client, run)
    start = int(time.time() * 1000) - 3_600_000
    sent = [record_of(f"value {number}", timestamp=start + 1000 * number) for number in range(10)]
    produce(client, run, topic, sent)
    offset = client.offset_at(topic, start + 2500)
    check_equal(offset, 3, "the offset at a time between two records")
    check_equal(client.offset_at(topic, start + 4000), 4, "the offset at the time of a record")
    after = client.offset_at(topic, start + 60_000)
    check(after in (None, 10), f"the offset after the last record is {after}")
    reader = run.using(client.reader(topic, offset=offset))
    until("the records from there", lambda: len(reader.records) == 7)
    timestamps = [
        [record.timestamp for record in records] for records in (reader.records, sent[3:])
    ]
    check_equal(*timestamps, "timestamps")


@scenario
def idempotence(client, run):
    topic = topic_of(client, run)
    producer = run.using(client.producer(idempotent=True))
    for first in range(0, 300, 100):
        producer.send(topic, numbered(100, first))
    producer.send(topic, [record_of("end")])
    check_equal(read_to_end(client, run, topic), texts(numbered(300)), "what was read")


@scenario
def transaction_commit(client, run):
    topic = topic_of(client, run, 2)
    producer = run.using(client.producer(transactional_id=run.name))
    for word in ("first", "second"):
        producer.begin()
        producer.send(topic, [record_of(word, partition=partition) for partition in (0, 1)])
        producer.commit()
    for partition in (0, 1):
        reader = run.using(client.reader(topic, partition=partition, committed=True))
        until("two records", lambda reader=reader: len(reader.records) >= 2)
        check_equal(texts(reader.records), ["first", "second"], f"partition {partition}")


@scenario
def transaction_abort(client, run):
    topic = topic_of(client, run)
    producer = run.using(client.producer(transactional_id=run.name))
    for word, end in (
        ("kept", producer.commit),
        ("dropped", producer.abort),
        ("also kept", producer.commit),
    ):
        producer.begin()
        producer.send(topic, [record_of(word, partition=0)])
        end()
    send_end(client, run, topic)
    check_equal(
        read_to_end(client, run, topic, committed=True), ["kept", "also kept"], "read_committed"
    )
    check_equal(
        read_to_end(client, run, topic), ["kept", "dropped", "also kept"], "read_uncommitted"
    )


@scenario
def transaction_offsets(client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, numbered(5))
    member = run.using(client.member(run.name, topic))
    until("five records", lambda: len(member.records) == 5)
    producer = run.using(client.producer(transactional_id=run.name))
    output = f"{topic}.output"
    client.create_topic(output, 1, {})

    def transform(end, word):
        producer.begin()
        producer.send(output, [record_of(word, partition=0)])
        producer.send_offsets(member, topic, 5)
        end()

    transform(producer.abort, "abort")
    check_equal(client.committed(run.name, topic), None, "the committed offset after an abort")
    transform(producer.commit, "commit")
    until("the committed offset", lambda: client.committed(run.name, topic) == 5)
    send_end(client, run, output)
    check_equal(read_to_end(client, run, output, committed=True), ["commit"], "the output")


@scenario
def fencing(client, run):
    topic = topic_of(client, run)
    zombie = run.using(client.producer(transactional_id=run.name))
    zombie.begin()
    zombie.send(topic, [record_of("of the zombie", partition=0)])
    successor = run.using(client.producer(transactional_id=run.name))
    reason = refusal(zombie.commit)
    check(
        re.search("fence|epoch", reason, re.IGNORECASE),
        f"the zombie's commit was answered with {reason}",
    )
    successor.begin()
    successor.send(topic, [record_of("of the successor", partition=0)])
    successor.commit()
    send_end(client, run, topic)
    check_equal(
        read_to_end(client, run, topic, committed=True), ["of the successor"], "read_committed"
    )


@scenario
def read_committed(client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, [record_of("before")])
    producer = run.using(client.producer(transactional_id=run.name))
    producer.begin()
    producer.send(topic, [record_of("within", partition=0)])
    send_end(client, run, topic)
    committed = run.using(client.reader(topic, committed=True))
    until("what was before the transaction", lambda: committed.records)
    check_equal(read_to_end(client, run, topic), ["before", "within"], "read_uncommitted")
    check_equal(
        texts(committed.records), ["before"], "read_committed while the transaction is open"
    )
    producer.commit()
    until("what was held back", lambda: len(committed.records) == 3)
    check_equal(texts(committed.records), ["before", "within", "end"], "read_committed")


def group(protocol, client, run):
    topic = topic_of(client, run)
    produce(client, run, topic, numbered(10))
    first = run.using(client.member(run.name, topic, protocol))
    until("ten records", lambda: len(first.records) == 10)
    check_equal(texts(first.records), texts(numbered(10)), "what the first member read")
    first.commit()
    first.close()
    produce(client, run, topic, numbered(5, 10))
    second = run.using(client.member(run.name, topic, protocol))
    until("five records", lambda: len(second.records) >= 5)
    check_equal(texts(second.records), texts(numbered(5, 10)), "what the second member read")


def rebalance(protocol, client, run):
    partitions = [0, 1, 2, 3]
    topic = topic_of(client, run, len(partitions))

    def send_to_all(word):
        produce(
            client,
            run,
            topic,
            [record_of(f"{word} {partition}", partition=partition) for partition in partitions],
        )

    def read(word, *members):
        return {
            text for member in members for text in texts(member.records) if text.startswith(word)
        }

    first = run.using(client.member(run.name, topic, protocol))
    until("all partitions for the first member", lambda: len(first.partitions()) == 4)
    second = run.using(client.member(run.name, topic, protocol))

    def shared():
        owned = [member.partitions() for member in (first, second)]
        return all(owned) and sorted(sum(owned, [])) == partitions

    until("partitions for both members", shared)
    send_to_all("shared")
    until("a record of each partition", lambda: len(read("shared", first, second)) == 4)
    first.close()
    until("all partitions for the second member", lambda: len(second.partitions()) == 4)
    send_to_all("alone")
    until("all records at the second member", lambda: len(read("alone", second)) == 4)


for protocol_name in ("classic", "consumer"):
    scenarios[f"group-{protocol_name}"] = partial(group, protocol_name)
    scenarios[f"rebalance-{protocol_name}"] = partial(rebalance, protocol_name)


def check_nothing_lost(acknowledged, read):
    there = set(read)
    check_equal(
        [value for value in acknowledged if value not in there],
        [],
        "acknowledged records that are lost",
    )


def send_values_of(producer, topic):
    return lambda values: producer.send(topic, [record_of(value) for value in values])


def topic_at_restart(client, run):
    """A broker that has just been restarted may not take a topic yet."""

    def created():
        with suppress(Exception):
            client.create_topic(run.name, 1, {})
        return run.name in client.topic_names()

    until("the topic created", created)
    return run.name


@scenario
def restart(client, run):
    topic = topic_at_restart(client, run)
    producer = run.using(client.producer())
    acknowledged = send_through_restarts(run, send_values_of(producer, topic))
    check_nothing_lost(acknowledged, read_to_end(client, run, topic))


@scenario
def restart_idempotent(client, run):
    topic = topic_at_restart(client, run)
    producer = run.using(client.producer(idempotent=True))
    acknowledged = send_through_restarts(run, send_values_of(producer, topic))
    read = read_to_end(client, run, topic)
    check_nothing_lost(acknowledged, read)
    astray = [after for before, after in pairwise(read) if int(after) <= int(before)]
    check_equal(astray, [], "records twice or not in order")


@scenario
def restart_group(client, run):
    topic = topic_at_restart(client, run)
    member = run.using(client.member(run.name, topic))
    producer = run.using(client.producer())
    acknowledged = send_through_restarts(run, send_values_of(producer, topic))
    until('the record "end" at the member', lambda: "end" in texts(member.records))
    check_nothing_lost(acknowledged, texts(member.records))
