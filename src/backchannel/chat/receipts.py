"""Receipts: what devices have received and people have read, gathered and written together."""

import asyncio
import logging

from backchannel.domain.errors import ChatError
from backchannel.ports.bus import Bus
from backchannel.ports.storage import Acknowledgement, Messages, ReadMark

GATHERING = 0.05
"""Seconds for which marks gather, so that one event covers many messages."""
RETRY = 1.0
"""Seconds to wait after the database refused."""

log = logging.getLogger(__name__)


class Receipts:
    """Coalesces marks: the highest one per device and per conversation is written."""

    def __init__(self, storage: Messages, bus: Bus) -> None:
        self._storage = storage
        self._bus = bus
        self._positions: dict[tuple[str, str], int] = {}
        self._reached: dict[str, int] = {}
        self._reads: dict[tuple[str, str], int] = {}
        self._runner: asyncio.Task[None] | None = None

    def acknowledge(self, user_id: str, login_id: str, position: int) -> None:
        """A device holds its user's log up to `position`."""
        self._raise(self._positions, (user_id, login_id), position)
        if position > self.reached(user_id):
            self._reached[user_id] = position

    def reached(self, user_id: str) -> int:
        """The furthest position held by a device of the user, of those not written yet; or 0."""
        return self._reached.get(user_id, 0)

    def mark_read(self, user_id: str, conversation_id: str, seq: int) -> None:
        """A user has read a conversation up to `seq`. What a stranger marks is dropped."""
        self._raise(self._reads, (user_id, conversation_id), seq)

    async def flush(self) -> None:
        """Write what has gathered, now. Raises `Unavailable`; the marks are then kept."""
        positions, self._positions = self._positions, {}
        reads, self._reads = self._reads, {}
        try:
            if positions:
                batch = [Acknowledgement(u, d, p) for (u, d), p in positions.items()]
                self._bus.publish(await self._storage.acknowledge(batch))
                self._forget(positions)
            if reads:
                marks = [ReadMark(u, c, s) for (u, c), s in reads.items()]
                self._bus.publish(await self._storage.mark_read(marks))
        except ChatError:
            # Marks only move forward, so writing one twice is harmless.
            for key, position in positions.items():
                self._raise(self._positions, key, position)
            for key, seq in reads.items():
                self._raise(self._reads, key, seq)
            raise

    def _forget(self, written: dict[tuple[str, str], int]) -> None:
        for (user_id, _), position in written.items():
            if self.reached(user_id) <= position:
                self._reached.pop(user_id, None)

    def _raise(self, marks: dict[tuple[str, str], int], key: tuple[str, str], mark: int) -> None:
        if mark > marks.get(key, 0):
            marks[key] = mark
            if self._runner is None:
                self._runner = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._positions or self._reads:
                await asyncio.sleep(GATHERING)
                try:
                    await self.flush()
                except ChatError as refusal:
                    log.warning("receipts wait: %s", refusal)
                    await asyncio.sleep(RETRY)
        finally:
            self._runner = None
