"""The bus over PostgreSQL: LISTEN and NOTIFY, on a connection that is used for nothing else.

The name of a channel has 63 bytes at most, so it is a digest of the topic. A payload is text of
less than 8,000 bytes: Base64, in which 5,900 bytes have 7,868 characters.
"""

# The driver has no type annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import asyncio
import contextlib
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from backchannel.brokers.link import Connect, Message, Receive

PROBE_SECONDS = 5
NOTIFY = """
SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS sent (channel, payload)
"""


def postgresql_connect(url: str, prefix: str) -> Connect:
    """Connect to `postgresql://`, the database or another one of the same server.

    Its query has the driver's options, such as `?sslmode=verify-full`, except the database's
    `pool_size`. `prefix` is part of the name of each channel.
    """
    parts = urlsplit(url)
    query = [each for each in parse_qsl(parts.query) if each[0] != "pool_size"]
    address = urlunsplit(parts._replace(query=urlencode(query)))

    async def connect(receive: Receive) -> "PostgresqlChannel":
        connection: Any = await asyncpg.connect(
            address,
            timeout=PROBE_SECONDS,
            command_timeout=PROBE_SECONDS,
            server_settings={"application_name": "backchannel bus"},
        )
        return PostgresqlChannel(connection, receive, prefix)

    return connect


class PostgresqlChannel:
    """Implements `link.Channel`."""

    def __init__(self, connection: Any, receive: Receive, prefix: str) -> None:
        self._connection = connection
        self._receive = receive
        self._prefix = prefix
        self._topics: dict[str, str] = {}
        self._numbers = count()
        self._turn = asyncio.Lock()
        self._ended = asyncio.Event()
        connection.add_termination_listener(self._end)

    async def subscribe(self, topics: Sequence[str]) -> None:
        async with self._turn:
            for topic in topics:
                name = self._name(topic)
                self._topics[name] = topic
                await self._connection.add_listener(name, self._take)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        async with self._turn:
            for name in map(self._name, topics):
                if self._topics.pop(name, None) is not None:
                    await self._connection.remove_listener(name, self._take)

    async def publish(self, messages: Sequence[Message]) -> None:
        names = [self._name(topic) for topic, _ in messages]
        # PostgreSQL drops a notification that repeats another, so each has a number.
        payloads = [f"{next(self._numbers)} {b64encode(each).decode()}" for _, each in messages]
        async with self._turn:
            await self._connection.execute(NOTIFY, names, payloads)

    async def listen(self) -> None:
        """Notice that the connection has ended or is dead; notifications are passed to `_take`."""
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._ended.wait()
                    return
            async with self._turn:
                await self._connection.execute("SELECT 1")

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._connection.terminate()

    def _take(self, connection: object, pid: int, channel: str, payload: object) -> None:
        del connection, pid
        topic = self._topics.get(channel)
        if topic is None:
            return
        try:
            message = b64decode(str(payload).partition(" ")[2])
        except ValueError:  # not from a server: every role of the database can notify
            return
        self._receive(topic, message)

    def _end(self, connection: object) -> None:
        del connection
        self._ended.set()

    def _name(self, topic: str) -> str:
        digest = hashlib.sha256(f"{self._prefix}{topic}".encode()).hexdigest()
        return f"backchannel_{digest[:40]}"
