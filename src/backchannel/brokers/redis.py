"""The bus over Redis or Valkey: PUBLISH on one connection, SUBSCRIBE on another.

The connections are used directly, as the driver's client would reconnect without notice.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from backchannel.brokers.drivers import driver
from backchannel.brokers.link import Connect, Message, Receive

QUIET_SECONDS = 5.0
"""Seconds without a message after which a ping checks the broker."""


def redis_connect(url: str, prefix: str) -> Connect:
    """Connect to `redis://` or `rediss://`; `prefix` begins the name of each channel.

    Raises `CannotConnect` if the driver is not installed.
    """
    driver("redis.asyncio", extra="redis")  # refuses at once if it is missing

    async def connect(receive: Receive) -> "RedisChannel":
        pool = connection_pool(
            url, protocol=2, socket_timeout=QUIET_SECONDS, socket_connect_timeout=QUIET_SECONDS
        )
        writer, reader = pool.make_connection(), pool.make_connection()
        try:
            await writer.connect()
            await reader.connect()
        except BaseException:
            abort((writer, reader))
            raise
        return RedisChannel(writer, reader, receive, prefix)

    return connect


class RedisChannel:
    """Implements `link.Channel`."""

    def __init__(self, writer: Any, reader: Any, receive: Receive, prefix: str) -> None:
        self._writer = writer
        self._reader = reader
        self._receive = receive
        self._prefix = prefix
        self._asked = 0
        self._confirmed = 0
        self._answers = asyncio.Condition()

    async def subscribe(self, topics: Sequence[str]) -> None:
        self._asked += len(topics)
        expected = self._asked
        await self._reader.send_command("SUBSCRIBE", *(self._prefix + each for each in topics))
        async with asyncio.timeout(QUIET_SECONDS), self._answers:
            await self._answers.wait_for(lambda: self._confirmed >= expected)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        await self._reader.send_command("UNSUBSCRIBE", *(self._prefix + each for each in topics))

    async def publish(self, messages: Sequence[Message]) -> None:
        commands = [("PUBLISH", self._prefix + topic, payload) for topic, payload in messages]
        await self._writer.send_packed_command(self._writer.pack_commands(commands))
        for _ in commands:
            await self._writer.read_response()

    async def listen(self) -> None:
        waiting = False
        while True:
            answer = await self._reader.read_response(timeout=QUIET_SECONDS)
            if answer is not None:
                waiting = False
                await self._take(answer)
            elif waiting:
                raise ConnectionError("no answer")
            else:
                waiting = True
                await self._reader.send_command("PING")

    async def close(self) -> None:
        self.abort()  # the driver would forget a socket that cannot send its data

    def abort(self) -> None:
        abort((self._writer, self._reader))

    async def _take(self, answer: list[Any]) -> None:
        match answer:
            case [b"message", channel, payload]:
                self._receive(channel.decode().removeprefix(self._prefix), payload)
            case [b"subscribe", *_]:
                async with self._answers:
                    self._confirmed += 1
                    self._answers.notify_all()
            case _:
                pass  # An answer to PING or UNSUBSCRIBE.


def connection_pool(url: str, **options: Any) -> Any:
    """A pool of the driver whose connections drop unsent data when they are closed.

    The driver would send it first, which takes forever if the broker is silent, and would forget
    the socket meanwhile. It also does so when it closes a connection by itself, as after a
    cancelled call.
    """
    pool = driver("redis.asyncio", extra="redis").ConnectionPool.from_url(url, **options)
    kind = pool.connection_class

    async def disconnect(self: Any, *arguments: Any, **named: Any) -> None:
        _drop(self)
        await kind.disconnect(self, *arguments, **named)

    pool.connection_class = type(kind.__name__, (kind,), {"disconnect": disconnect})
    return pool


def abort(connections: Iterable[Any]) -> None:
    """Close the sockets of the driver's connections at once."""
    for connection in connections:
        _drop(connection)
        connection._close()  # noqa: SLF001 - forgets the writer; the public way waits


def _drop(connection: Any) -> None:
    writer = connection._writer  # noqa: SLF001 - the driver has no other access to it
    if writer is not None:
        writer.transport.abort()
