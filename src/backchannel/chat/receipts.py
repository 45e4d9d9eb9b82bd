"""Receipts: the marks of received and read messages, gathered and written together."""

import asyncio
import logging

from backchannel.chat.publisher import Publisher
from backchannel.chat.retries import Retries
from backchannel.domain.errors import ChatError
from backchannel.ports.security import Clock
from backchannel.ports.storage import Acknowledgement, Messages, ReadMark

GATHERING = 0.05
"""Seconds for which marks gather, so that one event covers many messages."""
RETRY = 1.0
"""Seconds to wait after a failure of the database."""

log = logging.getLogger(__name__)


class Receipts:
    """Coalesces marks: the highest one per device and per conversation is written."""

    def __init__(self, storage: Messages, publisher: Publisher, clock: Clock) -> None:
        self._storage = storage
        self._publisher = publisher
        self._clock = clock
        self._positions: dict[tuple[str, str], int] = {}
        self._reached: dict[str, int] = {}
        self._reads: dict[tuple[str, str], int] = {}
        self._runner: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._retries = Retries("storing receipts", RETRY, log)

    def acknowledge(self, user_id: str, login_id: str, position: int) -> None:
        """Note that a device holds its user's log up to `position`."""
        self._raise(self._positions, (user_id, login_id), position)
        if position > self.reached(user_id):
            self._reached[user_id] = position

    def reached(self, user_id: str) -> int:
        """The highest unwritten position of the user's devices; 0 if there is none."""
        return self._reached.get(user_id, 0)

    def mark_read(self, user_id: str, conversation_id: str, seq: int) -> None:
        """Note that a user has read up to `seq`. The mark of a non-member is dropped."""
        self._raise(self._reads, (user_id, conversation_id), seq)

    async def flush(self) -> None:
        """Write the gathered marks now, after those that are being written.

        Raises `Unavailable`; the marks are then kept.
        """
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        positions, self._positions = self._positions, {}
        reads, self._reads = self._reads, {}
        at = self._clock.now()
        try:
            if positions:
                batch = [Acknowledgement(u, d, p, at) for (u, d), p in positions.items()]
                self._publisher.publish(await self._storage.acknowledge(batch))
                self._forget(positions)
            if reads:
                marks = [ReadMark(u, c, s, at) for (u, c), s in reads.items()]
                self._publisher.publish(await self._storage.mark_read(marks))
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
                    self._retries.note_failure(refusal)
                    await asyncio.sleep(RETRY)
                else:
                    self._retries.note_success()
        finally:
            self._runner = None
