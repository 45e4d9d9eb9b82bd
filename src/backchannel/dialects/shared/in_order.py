"""A dialect's end of one socket: what the client asks for, one thing after the other."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Coroutine
from typing import Generic, Protocol, TypeVar

from backchannel.delivery.connection import Connection
from backchannel.delivery.switchboard import Switchboard
from backchannel.domain.errors import ChatError, Overloaded, Throttled

WAITING_REQUESTS = 1_024
"""Most requests that may wait while one of them is looked after."""

log = logging.getLogger(__name__)

Work = Coroutine[object, object, None]
R = TypeVar("R")


class _Closing(Protocol):
    def close(self, code: int = 1000, reason: str = "") -> None: ...


S = TypeVar("S", bound=_Closing)


class InOrder(ABC, Generic[R, S]):
    """Handles requests of the kind `R` that come on a socket of the kind `S`.

    One that can be handled at once is; one that needs a look-up holds the later ones back,
    so that a client's messages keep their order (rule R4).
    """

    __slots__ = ("_allowance", "_counted_at", "_task", "_waiting", "connection", "desk", "socket")

    socket: S

    def __init__(self, desk: Switchboard) -> None:
        self.desk = desk
        self.connection: Connection | None = None
        self._waiting: deque[R] | None = None
        self._task: asyncio.Task[None] | None = None
        self._allowance = 2.0 * desk.core.policy.send_rate
        self._counted_at = 0.0

    @abstractmethod
    def handle(self, request: R, /) -> Work | None:
        """Do what the client asks for, or give back the work that has to wait for something.

        May raise `ChatError`, as the work may: `refuse` then tells the client.
        """

    @abstractmethod
    def refuse(self, refusal: ChatError, request: R, /) -> None:
        """Tell the client that this request of its was not done, and why."""

    def received(self, request: R) -> None:
        """Handle a request, now or when its turn comes."""
        if self._waiting is None:
            self._start(request)
        elif len(self._waiting) < WAITING_REQUESTS:
            self._waiting.append(request)
        else:
            self.refuse(Overloaded("too many requests are waiting", retry_after=1.0), request)

    def opened(self, socket: S) -> None:
        self.socket = socket

    def flushed(self) -> None:
        if self.connection is not None:
            self.desk.flushed(self.connection)

    def left(self) -> None:
        """The client is gone: what it still waits for is not needed."""
        if self._task is not None:
            self._task.cancel()
        connection, self.connection = self.connection, None
        if connection is not None:
            self.desk.disconnect(connection)

    def count_send(self) -> None:
        """Count one message against the socket's allowance. Raises `Throttled` (rule S18)."""
        if self._allowance < 1.0:
            rate = self.desk.core.policy.send_rate
            now = self.desk.core.clock.monotonic()
            refill = (now - self._counted_at) * rate if self._counted_at else 0.0
            self._allowance = min(self._allowance + refill, 2.0 * rate)
            self._counted_at = now
            if self._allowance < 1.0:
                raise Throttled("too many messages; send more slowly", retry_after=1.0)
        self._allowance -= 1.0

    def _start(self, request: R) -> None:
        try:
            work = self.handle(request)
        except ChatError as refusal:
            self.refuse(refusal, request)
        else:
            if work is not None:
                self._waiting = deque()
                loop = asyncio.get_running_loop()
                self._task = loop.create_task(self._work(work, request))

    async def _work(self, work: Work, request: R) -> None:
        """Finish the work of one request, and then those that waited for it."""
        waiting = self._waiting
        try:
            await self._attempt(request, work)
            while waiting:
                await self._attempt(waiting.popleft())
        except Exception:
            log.exception("a request failed")
            self.socket.close(1011, "internal error")
        self._waiting = None
        self._task = None

    async def _attempt(self, request: R, work: Work | None = None) -> None:
        try:
            pending = work or self.handle(request)
            if pending is not None:
                await pending
        except ChatError as refusal:
            self.refuse(refusal, request)
