"""Responses that clients have not read yet: limited per client and in total (rule R13)."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from backchannel.domain.errors import Overloaded

PIECE = 1 << 15
"""Bytes handed to the transport at a time; the next ones wait until it has room."""
GIVEN_UP = "the answer was given up"
"""The message with which its task is cancelled."""
PER_CLIENT = 12 << 20
IN_ALL = 48 << 20


class UnreadAnswers:
    """Counts the answers, or parts of one, that are longer than a piece, until they are sent.

    One client has at most `per_client` bytes. Where all have `in_all`, the oldest answer of
    the client that has most is given up, so that clients that read do not wait for others.
    """

    def __init__(self, per_client: int = PER_CLIENT, in_all: int = IN_ALL) -> None:
        self._per_client = per_client
        self._in_all = in_all
        self._answers: dict[str, dict[asyncio.Task[object], int]] = {}  # the oldest first
        self._held: dict[str, int] = {}
        self.total = 0

    @contextmanager
    def holding(self, client: str, size: int) -> Generator[None]:
        """Count `size` bytes while they are sent by the current task.

        Raises `Overloaded` where the client has too much. When the task is given up it is
        cancelled with `GIVEN_UP`.
        """
        held = self._held.get(client, 0)
        if held and held + size > self._per_client:
            raise Overloaded("read the answers you have asked for first", retry_after=1.0)
        while self._held and self.total + size > self._in_all:
            self._give_up()
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._answers.setdefault(client, {})[task] = size
        self._held[client] = self._held.get(client, 0) + size
        self.total += size
        try:
            yield
        finally:
            if task in self._answers.get(client, {}):
                self._release(client, task)

    def _give_up(self) -> None:
        client = max(self._held, key=self._held.__getitem__)
        task = next(iter(self._answers[client]))
        self._release(client, task)
        task.cancel(GIVEN_UP)

    def _release(self, client: str, task: asyncio.Task[object]) -> None:
        answers = self._answers[client]
        size = answers.pop(task)
        self.total -= size
        self._held[client] -= size
        if not answers:
            del self._answers[client], self._held[client]
