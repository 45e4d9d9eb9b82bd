"""Catching up: read the log for a connection until it is level with it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

from backchannel.chat.reading import Reading
from backchannel.delivery.connection import Connection, State
from backchannel.domain.errors import NotFound, Overloaded, Throttled, Unavailable
from backchannel.domain.events import Event, messages_in
from backchannel.domain.messages import Message
from backchannel.ports.storage import LogPage, Messages

PAGE = 200
"""Log entries read at a time."""
RETRY = 0.5
"""Seconds to wait after the database refused."""
CHUNK_BYTES = 128 * 1024
"""Text pushed before the outbox is looked at again."""

log = logging.getLogger(__name__)


class CatchUp:
    """Runs one task per connection that is behind."""

    def __init__(self, storage: Messages, reading: Reading) -> None:
        self._storage = storage
        self._reading = reading
        self._tasks: dict[Connection, asyncio.Task[None]] = {}

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
            while connection.state is State.PULLING:
                await self._read_page(connection)
        except NotFound:
            connection.voice.ended(connection.sink)
        except Exception:
            log.exception("catching up failed")
            connection.sink.close(1011, "catching up failed; reconnect")
        finally:
            self._tasks.pop(connection, None)

    async def _read_page(self, connection: Connection) -> None:
        try:
            page = await self._read(connection.user_id, connection.cursor)
            await connection.voice.prepare(page.events)
        except Throttled as throttled:
            await asyncio.sleep(throttled.retry_after or RETRY)
            return
        except (Unavailable, Overloaded) as refusal:
            log.warning("catching up waits: %s", refusal)
            await asyncio.sleep(RETRY)
            return
        if connection.cursor < page.head.floor and connection.voice.confirms:
            connection.voice.reset(connection.sink, page.head, "too_old")
            connection.cursor = page.head.position
        elif not await _replay(connection, page):
            return
        # What happened since the page was read is known by now: it was offered.
        connection.go_live()

    async def _read(self, user_id: str, after: int) -> LogPage:
        async with self._reading.page(user_id):
            page = await self._storage.log(user_id, after=after, limit=PAGE)
        await self._reading.charge(user_id, messages_in(page.events))
        return page


async def _replay(connection: Connection, page: LogPage) -> bool:
    """Push a page as far as there is room; True if the connection is then level with the log."""
    chunks = list(_chunks(page.events))
    for chunk in chunks:
        last = page.complete and chunk is chunks[-1]
        position = max(page.head.position, connection.cursor) if last else chunk[-1].position
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
        content = event.fact.content
        size += len(content.body) if isinstance(content, Message) else 0
        chunk.append(event)
        if size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk or not events:
        yield chunk
