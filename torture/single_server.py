"""The server under torture, in a separate process on its own folder."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.support.process import ServerProcess

T = TypeVar("T")

LAUNCHER = (sys.executable, "-m", "backchannel")
SETTINGS = {
    "environment": "development",
    "tokens_access_life": "86400",  # for the whole run, even with the clock an hour fast
    "log_level": "info",
}
TIMEOUT = 120.0
"""Seconds that a start and an end may take, on a machine that has much else to do."""


class SingleServer:
    """Starts, stops, kills and freezes the server; one of these at a time."""

    def __init__(self, folder: Path, launcher: Sequence[str] = LAUNCHER) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        """Settings that faults need before the server starts."""
        self._server = ServerProcess(folder, launcher, self.environment, **SETTINGS)
        self._server.timeout = TIMEOUT

    @property
    def data(self) -> Path:
        return self._server.data

    @property
    def pid(self) -> int:
        return self._server.pid

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def address(self) -> str:
        return self._server.address

    @property
    def has_crashed(self) -> bool:
        """True if the server has ended by itself."""
        return self._server.has_crashed

    async def start(self) -> None:
        """Start it and wait until it is ready; raises `RuntimeError` with its output."""
        await unbroken(asyncio.to_thread(self._server.start))

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code. May raise `TimeoutExpired`."""
        return await unbroken(asyncio.to_thread(self._server.stop, number))

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    async def close(self) -> None:
        await unbroken(asyncio.to_thread(self._server.close))


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Finish the work of a thread, even if the caller is cancelled meanwhile."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
