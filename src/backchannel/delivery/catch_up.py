"""Catching up: reads the log for a connection until the connection has reached its head."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence

from backchannel.chat.budgets import ReadLimits
from backchannel.chat.retries import Retries
from backchannel.delivery.connection import Connection, State
from backchannel.domain.errors import NotFound, Overloaded, Throttled, Unavailable
from backchannel.domain.events import Event, messages_in
from backchannel.domain.messages import Message
from backchannel.ports.storage import LogPage, Messages

PAGE = 200
"""Log entries read at a time."""
RETRY = 0.5
"""Seconds to wait after a failure of the database."""
CHUNK_BYTES = 128 * 1024
"""Bytes of text pushed before the outbox is checked again."""

log = logging.getLogger(__name__)


async def _at_once(user_id: str) -> None:
    """The events of every user arrive already."""


class CatchUp:
    """Runs one task per connection that is behind."""

    def __init__(
        self,
        storage: Messages,
        read_limits: ReadLimits,
        subscribed: Callable[[str], Awaitable[None]] = _at_once,
    ) -> None:
        """`subscribed` returns once new events of a user arrive: the log is read after that."""
        self._storage = storage
        self._read_limits = read_limits
        self._subscribed = subscribed
        self._tasks: dict[Connection, asyncio.Task[None]] = {}
        self._retries = Retries("catching up", RETRY, log)

    def start(self, connection: Connection) -> None:
        if connection not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._run(connection))
            self._tasks[connection] = task

    def forget(self, connection: Connection) -> None:
        task = self._tasks.pop(connection, None)
        if task is not None:
            task.cancel()

    async def _run(self, connection: Connection) -> None:
        try:
            await self._subscribed(connection.user_id)
            while connection.state is State.PULLING:
                await self._read_page(connection)
        except NotFound:
            connection.log_out()
        except Exception:
            log.exception("catching up failed")
            connection.socket.close(1011, "catching up failed; reconnect")
        finally:
            self._tasks.pop(connection, None)

    async def _read_page(self, connection: Connection) -> None:
        try:
            page = await self._read(connection.user_id, connection.position)
            await connection.serializer.prepare(page.events)
        except Throttled as throttled:
            await asyncio.sleep(throttled.retry_after or RETRY)
            return
        except (Unavailable, Overloaded) as refusal:
            self._retries.note_failure(refusal)
            await asyncio.sleep(RETRY)
            return
        self._retries.note_success()
        if connection.position < page.head.floor and connection.serializer.acknowledges:
            connection.reset(page.head, "too_old")
            connection.position = page.head.position
        elif not await _replay(connection, page):
            return
        # Events since the page was read are known by now: they were offered.
        connection.go_live()

    async def _read(self, user_id: str, after: int) -> LogPage:
        async with self._read_limits.page(user_id):
            page = await self._storage.log(user_id, after=after, limit=PAGE)
        await self._read_limits.charge(user_id, messages_in(page.events))
        return page


async def _replay(connection: Connection, page: LogPage) -> bool:
    """Push a page as far as there is room; True if the connection has reached the log's head."""
    chunks = list(_chunks(page.events))
    for chunk in chunks:
        last = page.complete and chunk is chunks[-1]
        position = max(page.head.position, connection.position) if last else chunk[-1].position
        connection.replay(chunk, position, more=not last)
        await asyncio.sleep(0)  # a page in one step would delay all others
        if connection.full and not last:
            connection.wait()
            return False
    return page.complete


def _chunks(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Cut a page where its texts exceed `CHUNK_BYTES`; an empty page is one empty chunk."""
    chunk: list[Event] = []
    size = 0
    for event in events:
        content = event.payload.content
        size += len(content.body) if isinstance(content, Message) else 0
        chunk.append(event)
        if size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk or not events:
        yield chunk
