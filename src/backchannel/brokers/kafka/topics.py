"""Creates the topics of the bus and of the queue."""

from collections.abc import Mapping
from typing import Any

from backchannel.brokers.drivers import CannotConnect, driver

REPLICAS = 3
"""Brokers that keep each record, if there are as many."""
EXISTS = 36
FORBIDDEN = (29, 31)
"""Errors of Kafka's protocol: the account lacks a permission on the topic, or on the cluster."""


async def replicas(admin: Any) -> int:
    """The number of brokers that are to keep each record of a topic."""
    return min(REPLICAS, len((await admin.describe_cluster())["brokers"]))


async def make_topic(
    admin: Any, name: str, partitions: int, copies: int, settings: Mapping[str, str]
) -> None:
    """Create a topic unless it exists. Raises `CannotConnect`."""
    if name in await admin.list_topics():
        return
    new_topic = driver("aiokafka.admin", extra="kafka").NewTopic
    answer = await admin.create_topics(
        [new_topic(name, partitions, copies, topic_configs=dict(settings))]
    )
    _, code, *text = answer.topic_errors[0]
    if code in FORBIDDEN:
        raise CannotConnect(
            f"this account may not create the topic {name}: allow it to create and describe the "
            f"topic, or create the topic with {partitions} partitions yourself"
        )
    if code not in (0, EXISTS):  # another node may have been faster
        error = driver("aiokafka.errors", extra="kafka").for_code(code).__name__
        said = ": ".join(str(each) for each in (error, *text) if each)
        raise CannotConnect(f"the topic {name} cannot be created: {said}")
