"""Brokers of the queue for tests with real servers."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.support.kafka import kafka_broker

RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
DRIVERS = {"rabbitmq": "aio_pika", "kafka": "aiokafka"}
"""The driver of each broker."""


@contextmanager
def queue_broker(name: str) -> Generator[str]:
    """The address of a broker of `DRIVERS`; skips the test without its driver.

    The one for Kafka's protocol is started for the test.
    """
    pytest.importorskip(DRIVERS[name], reason=f"the extra `{name}` is not installed")
    if name == "kafka":
        with kafka_broker() as broker:
            yield broker.url
    else:
        yield RABBITMQ
