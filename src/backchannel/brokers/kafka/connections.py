"""The connections that Kafka's driver makes.

The driver forgets the connection of a start that is cancelled, and never closes one whose broker
does not read. Its connections are noted here, and `abort` closes them.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

from backchannel.brokers.drivers import driver, raise_if_cancelled


class Connections:
    """The connections made by the current task, and by the tasks that it starts from now on."""

    def __init__(self) -> None:
        _note_all()
        self._open: dict[asyncio.Task[None], tuple[Any, asyncio.StreamWriter]] = {}
        """Each connection with its writer, by the task that waits for the end of its socket."""
        self._making: set[asyncio.Task[Any]] = set()
        self._aborted = False
        self.note()

    def note(self) -> None:
        """Note the connections of the current task, too."""
        _current.set(self)

    async def make(self, create: Callable[[], Awaitable[Any]]) -> Any:
        """Connect. Raises the driver's `KafkaConnectionError` after `abort`."""
        making = asyncio.create_task(self._make(create))
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        if self._aborted:  # a task of the driver connects again
            making.cancel()
        try:
            return await making
        except asyncio.CancelledError as error:
            raise_if_cancelled(error)
            failure = driver("aiokafka.errors", extra="kafka").KafkaConnectionError
            raise failure("the session is closed") from None

    def abort(self) -> None:
        """Close all sockets at once, and open no more."""
        self._aborted = True
        for making in self._making:
            making.cancel()
        for connection, writer in self._open.values():
            writer.transport.abort()
            connection.close()

    async def _make(self, create: Callable[[], Awaitable[Any]]) -> Any:
        connection = await create()
        # The driver forgets the writer when it closes, even if closing takes forever.
        writer = connection._writer  # noqa: SLF001 - no other access
        if writer is not None:  # not closed before it is noted
            ending = asyncio.create_task(_ended(writer))
            self._open[ending] = connection, writer
            ending.add_done_callback(self._open.pop)
        return connection


async def _ended(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # the error that ended the connection
        await writer.wait_closed()


_current: ContextVar[Connections | None] = ContextVar("kafka_connections", default=None)


@cache
def _note_all() -> None:
    """Replace the driver's function that connects with one that notes its connections."""
    client = driver("aiokafka.client", extra="kafka")
    create = client.create_conn

    async def create_and_note(*args: Any, **options: Any) -> Any:
        connections = _current.get()
        if connections is None:
            return await create(*args, **options)
        return await connections.make(partial(create, *args, **options))

    client.create_conn = create_and_note
