"""The shop: orders are placed by a producer, and billed by a consumer; what is no order goes to a topic for the dead."""

import json
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, Producer


class OrderNotPlaced(Exception):
    """The broker will not take it."""


def place_order(bootstrap_servers, order):
    producer = Producer({"bootstrap.servers": bootstrap_servers, "enable.idempotence": True})
    problems = []
    producer.produce(
        "orders",
        key=order["id"],
        value=json.dumps(order),
        on_delivery=lambda error, _: problems.append(error) if error else None,
    )
    producer.flush(20)
    if problems:
        raise OrderNotPlaced(problems[0].str())


@contextmanager
def billing(bootstrap_servers):
    """A consumer; each call of `next` of what comes out bills one order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "billing",
            "client.id": "billing",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    consumer.subscribe(["orders"])
    try:
        yield bills(consumer, producer)
    finally:
        consumer.close()


def bills(consumer, producer):
    while True:
        message = consumer.poll(20)
        if message is None:
            raise TimeoutError("no order came")
        if message.error():
            raise KafkaException(message.error())
        try:
            bill = {"gross": round(json.loads(message.value())["total"] * 1.19, 2)}
            producer.produce("bills", key=message.key(), value=json.dumps(bill))
        except ValueError:
            bill = None
            producer.produce("orders.dead", value=message.value())
        producer.flush(20)
        consumer.commit(message, asynchronous=False)
        yield bill
