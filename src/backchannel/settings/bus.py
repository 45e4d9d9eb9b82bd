"""The settings of the bus between nodes, and of the queue in front of the database."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from backchannel.brokers.opening import BROKERS
from backchannel.brokers.queues.opening import QUEUES
from backchannel.settings.groups import Group
from backchannel.storage.shared.urls import require_escaped

OWN_DATABASE = "postgresql"
"""Stands for the database of `database_url`."""
KAFKA = ("kafka", "kafka+ssl")


def check_bus_url(url: str) -> str:
    """The address of a broker this version can use."""
    if url == OWN_DATABASE:
        return url
    if not url.startswith(tuple(f"{each}://" for each in BROKERS)):
        known = ", ".join(f"{each}://" for each in BROKERS)
        raise ValueError(
            f"no bus has this address; use {OWN_DATABASE}, for that of database_url, or a URL that"
            f" begins with one of {known}; leave it out for a single server"
        )
    check_hosts(url)
    return url


def check_queue_url(url: str) -> str:
    """The address of a broker that this version can use as a queue."""
    if not url.startswith(tuple(f"{each}://" for each in QUEUES)):
        known = ", ".join(f"{each}://" for each in QUEUES)
        raise ValueError(
            f"no queue has this address; use a URL that begins with one of {known}, or leave it out"
        )
    check_hosts(url)
    return url


def check_hosts(url: str) -> None:
    """Raise `ValueError`, which does not show the password, unless a URL names its hosts."""
    scheme = url.partition("://")[0]
    require_escaped(url)
    hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    # Not the URL itself: it may hold a password.
    if len(hosts) > 1 and scheme not in KAFKA:
        raise ValueError(f"{scheme}:// is followed by one host; only kafka:// takes several")
    if not all(map(_is_host, hosts)):
        raise ValueError(f"{scheme}:// is followed by a host, such as {scheme}://bus.example.org")


def _is_host(host: str) -> bool:
    """True for a host with or without a port."""
    try:
        parts = urlsplit(f"//{host}")
        return bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


class Bus(Group):
    """The bus that joins several nodes on one database (docs/scaling.md)."""

    url: Annotated[str, AfterValidator(check_bus_url)] | None = Field(
        default=None,
        description="The broker that joins all nodes of one database: `redis://` (Redis, Valkey), "
        "`nats://`, `amqp://` (RabbitMQ), `kafka://`, or `postgresql`, which stands for the "
        "PostgreSQL of `database_url`; with TLS `rediss://`, `tls://` (NATS), `amqps://` or "
        "`kafka+ssl://`. Unset: there is one node, or `workers` that PostgreSQL joins. SQLite "
        "serves one process, without a bus.",
        examples=["redis://:secret@bus.example.org:6379/0"],
    )


class Queue(Group):
    """The queue in front of the database (docs/scaling.md)."""

    url: Annotated[str, AfterValidator(check_queue_url)] | None = Field(
        default=None,
        description="The broker of a queue in which messages wait while the database is down: "
        "`amqp://` (RabbitMQ), `kafka://`, `nats://` (JetStream) or `redis://` (Streams); with TLS "
        "`amqps://`, `kafka+ssl://`, `tls://` (NATS) or `rediss://`. All nodes name the same one. "
        "Unset: messages go directly to the database.",
        examples=["amqp://backchannel:secret@queue.example.org/"],
    )
