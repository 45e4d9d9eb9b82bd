"""The bus over NATS: topics as subjects, without JetStream.

Each connection is made once: the driver does not connect again by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from backchannel.brokers.drivers import driver
from backchannel.brokers.link import Connect, Message, Receive

FLUSH_SECONDS = 5
PENDING_BYTES = 16 << 20
"""Bytes of one topic that may wait to be handed on; the driver drops further ones."""

CONNECT_SECONDS = 5
PING_SECONDS = 5
"""Seconds between two pings; the connection is given up when two have no answer."""


def nats_connect(url: str, prefix: str) -> Connect:
    """Connect to `nats://` or `tls://`; `prefix` begins the name of each subject.

    Raises `CannotConnect` if the driver is not installed.
    """
    driver("nats", extra="nats")  # refuses at once if it is missing

    async def connect(receive: Receive) -> "NatsChannel":
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def closed() -> None:
            if not broken.done():
                broken.set_result(None)

        client = await connected(url, closed)
        return NatsChannel(client, receive, prefix.replace(":", "."), broken)

    return connect


class NatsChannel:
    """Implements `link.Channel`."""

    def __init__(
        self, client: Any, receive: Receive, prefix: str, broken: asyncio.Future[None]
    ) -> None:
        self._client = client
        self._receive = receive
        self._prefix = prefix
        self._broken = broken
        self._subscriptions: dict[str, Any] = {}

    async def subscribe(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self._subscriptions[topic] = await self._client.subscribe(
                self._prefix + topic, cb=self._take, pending_bytes_limit=PENDING_BYTES
            )
        await self._client.flush(FLUSH_SECONDS)  # the server answers once it has taken everything

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        for topic in topics:
            if topic in self._subscriptions:
                await self._subscriptions.pop(topic).unsubscribe()

    async def publish(self, messages: Sequence[Message]) -> None:
        for topic, payload in messages:
            await self._client.publish(self._prefix + topic, payload)
        await self._client.flush(FLUSH_SECONDS)

    async def listen(self) -> None:
        await asyncio.shield(self._broken)

    async def close(self) -> None:
        await self._client.close()

    def abort(self) -> None:
        abort(self._client)

    async def _take(self, message: Any) -> None:
        self._receive(message.subject.removeprefix(self._prefix), message.data)


async def connected(url: str, closed: Callable[[], Awaitable[None]]) -> Any:
    """Connect to `nats://` or `tls://`; `closed` is called when the connection has ended.

    Raises `CannotConnect` if the driver is not installed, and the driver's own errors.
    """
    is_connected = False

    async def failed(error: Exception) -> None:
        """End the first attempt, which the driver would repeat; afterwards do nothing."""
        if not is_connected:
            raise error

    client = driver("nats", extra="nats").NATS()
    try:
        await client.connect(
            url,
            allow_reconnect=False,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=2,
            closed_cb=closed,
            disconnected_cb=closed,
            error_cb=failed,
        )
    except BaseException:
        try:
            await client.close()  # or the tasks of the failed attempt go on
        finally:
            abort(client)
        raise
    is_connected = True
    return client


def abort(client: Any) -> None:
    """Close the socket at once and drop unsent data, which `client.close()` would send first."""
    writer = getattr(client._transport, "_io_writer", None)  # noqa: SLF001 - no other access
    if writer is not None:
        writer.transport.abort()
