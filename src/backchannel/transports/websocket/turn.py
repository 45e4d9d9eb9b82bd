"""Batching of writes: one write per socket and loop turn, and one callback for all sockets."""

import asyncio
from typing import Protocol


class Flushable(Protocol):
    def flush(self) -> None: ...


class Turn:
    """The sockets that have something to send when the loop's turn ends."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Flushable] = []

    def schedule(self, socket: Flushable) -> None:
        """Flush `socket` once everything that is ready to run now has run."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._end)
        self._waiting.append(socket)

    def _end(self) -> None:
        waiting, self._waiting = self._waiting, []
        for socket in waiting:
            socket.flush()
