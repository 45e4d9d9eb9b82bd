"""An open MongoDB database: a `Store` that is used on a separate thread."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from backchannel.domain.errors import Unavailable
from backchannel.storage.mongodb.link import RETRY_AFTER, Database
from backchannel.storage.mongodb.reader import View
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.mongodb.store import Store
from backchannel.storage.shared.threads import LoopThread

T = TypeVar("T")


class MongoDatabase:
    """Hands work over to the thread, so that the event loop is free while documents are encoded.

    All methods but `close` raise the errors of the `Store`, and `Unavailable` once it is closed.
    """

    def __init__(self, thread: LoopThread, store: Store) -> None:
        self._thread = thread
        self._store = store
        self._closed = False

    async def read(self, work: Callable[[View], Awaitable[T]]) -> T:
        """Like `Store.read`."""
        return await self._thread.run(self._opened().read(work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Like `Store.write`."""
        return await self._thread.run(self._opened().write(work))

    async def run(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Like `Store.run`."""
        return await self._thread.run(self._opened().run(work))

    async def check(self) -> None:
        """Like `Store.check`."""
        await self._thread.run(self._opened().check())

    async def forget_batch(self) -> None:
        """Like `Store.forget_batch`."""
        await self._thread.run(self._opened().forget_batch())

    async def close(self) -> None:
        """Finish the queued jobs and close the database."""
        if not self._closed:
            self._closed = True
            await self._thread.run(self._store.close())
            await self._thread.stop()

    def _opened(self) -> Store:
        if self._closed:
            raise Unavailable("the database is closed", retry_after=RETRY_AFTER)
        return self._store
