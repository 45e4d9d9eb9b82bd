"""The two topics of the queue, and whether they may lose entries."""

from collections.abc import Mapping
from typing import Any

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.kafka.topics import FORBIDDEN, make_topic, replicas
from backchannel.brokers.queues.shared import PARTITIONS

KEPT: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "segment.ms": "3600000",  # a deleted entry stays on the disk until its segment is closed
    "unclean.leader.election.enable": "false",
    "compression.type": "producer",  # the driver reads no other without further packages
}
"""Entries stay until they are deleted."""
COMPACTED: Mapping[str, str] = {
    **KEPT,
    "cleanup.policy": "compact,delete",
    "min.cleanable.dirty.ratio": "0.01",
}
"""Of the records with a key, the last one stays."""
SHORTEST_RETENTION = 7 * 86_400_000
"""Milliseconds; an entry that waits for the database for a longer time may be deleted."""


class Topics:
    """The topic of the entries, and that of the entries that are set aside."""

    def __init__(self, prefix: str) -> None:
        self.messages = f"{prefix}messages"
        self.aside = f"{prefix}aside"

    async def make(self, admin: Any) -> str | None:
        """Create the missing topics; return why they may lose entries, and the remedy.

        Raises `CannotConnect`.
        """
        copies = await replicas(admin)
        # One of the brokers that keep an entry may be unavailable.
        confirming = {"min.insync.replicas": str(max(1, copies - 1))}
        await make_topic(admin, self.messages, PARTITIONS, copies, {**KEPT, **confirming})
        await make_topic(admin, self.aside, 1, copies, {**COMPACTED, **confirming})
        await _require_partitions(admin, self.messages)
        for topic in (self.messages, self.aside):
            remedy = await _remedy(admin, topic, copies)
            if remedy is not None:
                return f"the topic {topic} needs {remedy}"
        return None


async def _require_partitions(admin: Any, topic: str) -> None:
    (found,) = await admin.describe_topics([topic])
    count = len(found["partitions"])
    if 0 < count < PARTITIONS:  # the broker may still be creating them
        raise CannotConnect(f"the topic {topic} has {count} partitions; it needs {PARTITIONS}")


async def _remedy(admin: Any, topic: str, copies: int) -> str | None:
    """What to set, so that a topic keeps every confirmed entry."""
    (found,) = await admin.describe_topics([topic])
    if any(len(each["replicas"]) < copies for each in found["partitions"]):
        return f"a replication factor of {copies}"
    settings = await _settings(admin, topic)
    if settings is None:
        return "the permission DescribeConfigs, so that the server can check its settings"
    return setting_to_change(settings, copies)


def setting_to_change(settings: Mapping[str, str], copies: int) -> str | None:
    """The first setting with which a topic may lose entries, as it has to be."""
    if int(settings.get("min.insync.replicas", 1)) < copies - 1:
        return f"min.insync.replicas={copies - 1}"
    if settings.get("unclean.leader.election.enable") == "true":
        return "unclean.leader.election.enable=false"
    if 0 <= int(settings.get("retention.ms", SHORTEST_RETENTION)) < SHORTEST_RETENTION:
        return "retention.ms=-1"
    if int(settings.get("retention.bytes", -1)) >= 0:
        return "retention.bytes=-1"
    return None


async def _settings(admin: Any, topic: str) -> Mapping[str, str] | None:
    """The settings of a topic, as far as the broker names them; None without the permission."""
    resources = driver("aiokafka.admin.config_resource", extra="kafka")
    resource = resources.ConfigResource(resources.ConfigResourceType.TOPIC, topic)
    (answer,) = await admin.describe_configs([resource])
    ((code, _, _, _, entries),) = answer.resources
    return None if code in FORBIDDEN else {name: value for name, value, *_ in entries}
