"""The address of a cluster, and the driver's clients of one channel."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from backchannel.brokers.drivers import CannotConnect, driver, raise_if_cancelled
from backchannel.brokers.kafka.connections import Connections

TLS = "kafka+ssl"
PORT = 9092
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
REQUEST_MILLISECONDS = 5_000
STOP_SECONDS = 0.5


def kafka_options(url: str) -> dict[str, Any]:
    """The driver's options for `kafka://` or `kafka+ssl://user:password@host:port,host:port`.

    With a user, `?sasl_mechanism=` names one of `MECHANISMS`. Raises `CannotConnect`.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    secure = parts.scheme == TLS
    servers = [host if _has_port(host) else f"{host}:{PORT}" for host in hosts.split(",")]
    options: dict[str, Any] = {"bootstrap_servers": servers}
    if secure:
        options["ssl_context"] = ssl.create_default_context()
    if user:
        mechanism = parse_qs(parts.query).get("sasl_mechanism", ["PLAIN"])[-1]
        if mechanism not in MECHANISMS:
            known = ", ".join(MECHANISMS)
            raise CannotConnect(f"sasl_mechanism is one of {known}, not {mechanism[:20]!r}")
        options["sasl_mechanism"] = mechanism
        options["sasl_plain_username"] = unquote(user)
        options["sasl_plain_password"] = unquote(password)
    protocol = ("SASL_" if user else "") + ("SSL" if secure else "PLAINTEXT")
    return {**options, "security_protocol": protocol}


def _has_port(host: str) -> bool:
    # The colons within the brackets are those of an IPv6 address.
    return ":" in host.rpartition("]")[2]


class KafkaClients:
    """Producers and consumers, whose sockets can be closed at once."""

    def __init__(self, url: str) -> None:
        """Raises `CannotConnect`."""
        self.kafka = driver("aiokafka", extra="kafka")
        self._admin = driver("aiokafka.admin", extra="kafka")
        self._options = {**kafka_options(url), "request_timeout_ms": REQUEST_MILLISECONDS}
        self._opened: list[Any] = []
        self._connections: Connections | None = None

    def open(self) -> None:
        """Note the connections that are made from now on, so that `abort` can close them."""
        self._connections = Connections()

    async def producer(self, **options: Any) -> Any:
        return await self._started(self.kafka.AIOKafkaProducer(**self._options, **options))

    async def consumer(self, **options: Any) -> Any:
        """A consumer without a group. It has no topics yet."""
        consumer = self.kafka.AIOKafkaConsumer(
            group_id=None, enable_auto_commit=False, **self._options, **options
        )
        return await self._started(consumer)

    async def member(self, topic: str, listener: object, **options: Any) -> Any:
        """A consumer that has joined a group, whose `listener` learns of its partitions."""
        member = self.kafka.AIOKafkaConsumer(
            enable_auto_commit=False, **{**self._options, **options}
        )
        member.subscribe([topic], listener=listener)
        return await self._started(member)

    @asynccontextmanager
    async def admin(self) -> AsyncGenerator[Any]:
        self._note()
        client = self._admin.AIOKafkaAdminClient(**self._options)
        try:
            await client.start()
            yield client
        finally:
            await client.close()
            raise_if_cancelled()

    async def check(self, producer: Any) -> None:
        """Raise `ConnectionError` if no broker answers."""
        self._note()
        if not await producer.client.force_metadata_update():
            raise ConnectionError("no broker answers")

    async def stop(self, *clients: Any) -> None:
        """Disconnect clients, if the broker answers soon."""
        self._opened = [each for each in self._opened if each not in clients]
        stopping = [asyncio.create_task(_stop(each)) for each in clients]
        _stopping.update(stopping)
        for each in stopping:
            each.add_done_callback(_stopping.discard)
        if stopping:
            await asyncio.wait(stopping, timeout=STOP_SECONDS)

    async def close(self) -> None:
        """Disconnect all clients. Call `abort` as well: the broker may be gone."""
        await self.stop(*self._opened)

    def abort(self) -> None:
        """Close all sockets at once; the driver's tasks notice it, and end."""
        if self._connections is not None:
            self._connections.abort()

    def _note(self) -> None:
        """Note the connections that this task makes, too."""
        if self._connections is not None:
            self._connections.note()

    async def _started(self, client: Any) -> Any:
        self._note()
        self._opened.append(client)
        try:
            await client.start()
        except BaseException:
            await self.stop(client)
            raise
        return client


class Abortable(Protocol):
    """A channel over `KafkaClients`."""

    async def close(self) -> None: ...

    def abort(self) -> None: ...


@asynccontextmanager
async def aborted_on_failure(channel: Abortable) -> AsyncGenerator[None]:
    """Close a channel that cannot be opened, and abort what is left of it."""
    try:
        yield
    except BaseException:
        try:
            await channel.close()
        finally:
            channel.abort()
        raise


_stopping: set[asyncio.Task[None]] = set()
"""References that keep tasks alive that nothing awaits."""


async def _stop(client: Any) -> None:
    with contextlib.suppress(Exception):  # the broker may be gone
        await client.stop()
