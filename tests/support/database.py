"""A database whose writer is busy."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from backchannel.ports.storage import Storage

TIMEOUT = 60.0


@asynccontextmanager
async def busy(storage: Storage) -> AsyncIterator[None]:
    """Keep SQLite's writer in another transaction for the duration of the block."""
    began, over = threading.Event(), threading.Event()

    async def work(_: Any) -> None:
        began.set()
        assert over.wait(TIMEOUT)

    other = asyncio.ensure_future(storage.database.write(work))  # type: ignore[attr-defined]
    assert await asyncio.to_thread(began.wait, TIMEOUT)
    try:
        yield
    finally:
        over.set()
        await other
