"""A dialect's end of one socket: what the client asks for, one thing after the other."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Generic, Protocol, TypeVar

from backchannel.delivery.connection import Connection
from backchannel.delivery.switchboard import Switchboard
from backchannel.domain.errors import ChatError

LONGEST_PAUSE = 2.0
"""Most seconds for which a socket over budget is not read at a time."""

log = logging.getLogger(__name__)

Work = Coroutine[object, object, None]
R = TypeVar("R")


class _Socket(Protocol):
    def identify(self, user_id: str) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


S = TypeVar("S", bound=_Socket)


class InOrder(ABC, Generic[R, S]):
    """Handles requests of the kind `R` that come on a socket of the kind `S`.

    One that can be handled at once is. While one needs a look-up the socket is not read, so
    that a client's messages keep their order (rule R4) and wait with the client (R13). Nor is
    it for as long as an error tells the client to wait: a flood costs its own sender time.
    """

    __slots__ = ("_pause", "_task", "connection", "desk", "socket")

    socket: S

    def __init__(self, desk: Switchboard) -> None:
        self.desk = desk
        self.connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None

    @abstractmethod
    def handle(self, request: R, /) -> Work | None:
        """Do what the client asks for, or give back the work that has to wait for something.

        May raise `ChatError`, as the work may: `refuse` then tells the client.
        """

    @abstractmethod
    def refuse(self, refusal: ChatError, request: R, /) -> None:
        """Tell the client that this request of its was not done, and why."""

    def received(self, request: R) -> None:
        """Handle a request."""
        try:
            work = self.handle(request)
        except ChatError as refusal:
            self._refuse(refusal, request)
        else:
            if work is not None:
                self.socket.pause_reading()
                self._task = asyncio.get_running_loop().create_task(self._do(work, request))

    def opened(self, socket: S) -> None:
        self.socket = socket

    def flushed(self) -> None:
        if self.connection is not None:
            self.desk.flushed(self.connection)

    def left(self) -> None:
        """The client is gone: what it still waits for is not needed."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._read_on()
        connection, self.connection = self.connection, None
        if connection is not None:
            self.desk.disconnect(connection)

    async def _do(self, work: Work, request: R) -> None:
        try:
            await work
        except ChatError as refusal:
            self._refuse(refusal, request)
        except Exception:
            log.exception("a request failed")
            self.socket.close(1011, "internal error")
        self._task = None
        self._read_on()

    def _refuse(self, refusal: ChatError, request: R) -> None:
        self.refuse(refusal, request)
        if refusal.retry_after and self._pause is None:
            self.socket.pause_reading()
            loop = asyncio.get_running_loop()
            pause = min(refusal.retry_after, LONGEST_PAUSE)
            self._pause = loop.call_later(pause, self._end_pause)

    def _end_pause(self) -> None:
        self._pause = None
        self._read_on()

    def _read_on(self) -> None:
        if self._task is None and self._pause is None:
            self.socket.resume_reading()
