"""Handlers: a dialect's end of one socket, which handles the client's requests in order."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Generic, Protocol, TypeVar

from backchannel.delivery.connection import Connection
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.domain.errors import ChatError
from backchannel.transports.websocket.endpoint import Socket

LONGEST_PAUSE = 2.0
"""The longest single pause in reading from a socket that is over its budget, in seconds."""

log = logging.getLogger(__name__)

Work = Coroutine[object, object, None]
R = TypeVar("R")


class _Socket(Protocol):
    def identify(self, user_id: str) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


S = TypeVar("S", bound=_Socket)


class SerialHandler(ABC, Generic[R, S]):
    """Handles requests of the kind `R` that come on a socket of the kind `S`.

    While the coroutine of a request runs, the socket is not read: the client's messages keep
    their order (rule R4), and later ones stay with the client (R13). After an error with
    `retry_after` the socket is not read for that time, at most `LONGEST_PAUSE`.
    """

    __slots__ = ("_pause", "_task", "connection", "connections", "socket")

    socket: S

    def __init__(self, connections: ConnectionManager) -> None:
        self.connections = connections
        self.connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None

    @abstractmethod
    def handle(self, request: R, /) -> Work | None:
        """Handle a request. Returns None, or a coroutine with the rest if that has to wait.

        Both this method and the coroutine may raise `ChatError`, which is passed to `refuse`.
        """

    @abstractmethod
    def refuse(self, refusal: ChatError, request: R, /) -> None:
        """Send the client the error with which its request failed."""

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
            self.connections.flushed(self.connection)

    def detach(self) -> None:
        """The client is gone: cancel its request in progress, and end its connection."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._resume_reading()
        connection, self.connection = self.connection, None
        if connection is not None:
            self.connections.disconnect(connection)

    async def _do(self, work: Work, request: R) -> None:
        try:
            await work
        except ChatError as refusal:
            self._refuse(refusal, request)
        except Exception:
            log.exception("a request failed")
            self.socket.close(1011, "internal error")
        self._task = None
        self._resume_reading()

    def _refuse(self, refusal: ChatError, request: R) -> None:
        self.refuse(refusal, request)
        if refusal.retry_after and self._pause is None:
            self.socket.pause_reading()
            loop = asyncio.get_running_loop()
            pause = min(refusal.retry_after, LONGEST_PAUSE)
            self._pause = loop.call_later(pause, self._end_pause)

    def _end_pause(self) -> None:
        self._pause = None
        self._resume_reading()

    def _resume_reading(self) -> None:
        if self._task is None and self._pause is None:
            self.socket.resume_reading()


class WebSocketHandler(SerialHandler[bytes, Socket]):
    """Implements `transports.websocket.endpoint.Handler`; subclasses interpret the frames."""

    __slots__ = ()

    text_received = SerialHandler[bytes, Socket].received
    # Many clients send JSON as binary messages; the decoder checks that they are UTF-8.
    binary_received = SerialHandler[bytes, Socket].received

    def closed(self, code: int, reason: str) -> None:  # noqa: ARG002 - the interface's signature
        self.detach()
