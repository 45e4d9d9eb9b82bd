"""A connection that speaks HTTP: its place among others, its deadlines, and its refusals."""

import asyncio
import logging
from http import HTTPStatus
from math import inf
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from backchannel.budgets.held import TLS_BUFFERS
from backchannel.transports.http import answer
from backchannel.transports.http.forwarded import plain_address
from backchannel.transports.http.limits import Guard, Phase
from backchannel.transports.http.service import HttpService

logger = logging.getLogger("backchannel.transports.http")

_LINGER = 1.0  # seconds a refused client has to read the refusal
_TLS_CLOSING = 384 << 10  # further bytes that TLS holds until the client has closed
_TO_BE_READ = 0.05  # seconds: the loop calls timers before it reads
_RETRY = (("Retry-After", "5"),)


class Flow(FlowControl):
    """The flow of a connection's bytes, which the application cannot resume while it is held."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self.is_held = False

    def hold(self) -> None:
        """Read nothing more until `is_held` is false again."""
        self.is_held = True
        self.pause_reading()

    def resume_reading(self) -> None:
        if not self.is_held:
            super().resume_reading()


class HttpConnection(HttpToolsProtocol):
    """uvicorn's connection, which counts against the caps and may not be too slow."""

    flow: Flow

    def __init__(
        self,
        service: HttpService,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._service, self._now = service, service.clock.now
        self._guard, self._unread_since = Guard(service.limits, self._now()), inf
        self._waiting = b""  # behind requests that are not answered yet
        self._answered: RequestResponseCycle | None = None  # the request whose turn it is
        self._address: str | None = None  # set while the connection counts against the caps

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport)  # pyright: ignore[reportIncompatibleVariableOverride] - set here only
        self._service.deadlines.watch(self)
        if self.client:
            self.client = (plain_address(self.client[0]), self.client[1])
        address = self.client[0] if self.client else ""
        if self._service.caps.enter(address):
            self._address = address
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        if self._answered is not None:  # uvicorn notifies only the last of several requests
            self._answered.disconnected = True
            self._answered.message_event.set()
        self._release()

    def _release(self) -> None:
        """Break the reference cycles, which would last until the garbage collector finds them."""
        for cycle, _ in self.pipeline:
            cycle.scope.get("state", {}).pop("unread", None)
        self.pipeline.clear()
        self.cycle = self._answered = None  # type: ignore[assignment]  # as at first
        self._waiting = b""

    def _leave(self) -> None:
        self._service.deadlines.forget(self)
        self._hold(0)
        if self._address is not None:
            self._service.caps.leave(self._address)
            self._address = None

    def _hold(self, size: int) -> None:
        """Count bytes that are held for a client whose request has not started yet."""
        tls = TLS_BUFFERS if size and self.scheme == "https" else 0
        self._service.held_before_login.hold(self, size + tls)

    def give_up(self) -> None:
        """Disconnect a client whose request has not started yet, to make room for others."""
        if self._guard.phase is Phase.REFUSED:
            self.transport.abort()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)

    def pause_writing(self) -> None:
        self._unread_since = self._now()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = inf
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close, once the bytes that came while the process stood still have been read."""
        hang_up = super().timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(_TO_BE_READ, hang_up)

    def _is_answering(self) -> bool:
        """True if the application still owes a response."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

    @property
    def deadline(self) -> float:
        return min(self._guard.deadline, self._unread_since + self._service.limits.write_timeout)

    def overdue(self, now: float) -> None:
        """Disconnect a client that is too slow, with an error response if one can still be sent."""
        phase = self._guard.phase
        if self._guard.deadline > now or phase in {Phase.IDLE, Phase.REFUSED}:
            self.transport.abort()
        elif self.flow.read_paused:
            self._guard.extend(now)  # the client is not slow
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus, headers: answer.Headers = (), *, text: str = "") -> None:
        """Answer an error in place of the application, then close the connection."""
        logger.debug("request refused", extra={"status": int(status), "client": self.client})
        self._waiting = b""
        if self.transport.is_closing() or not self._may_answer():
            self.transport.abort()
            return
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._guard.refuse(self._now(), _LINGER)
        default = answer.decoded(self.server_state.default_headers)
        self.transport.write(answer.refusal(status, text.encode(), [*default, *headers]))
        # Closed at once, the client might see only a reset.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
            self._hold(_TLS_CLOSING)

    def _may_answer(self) -> bool:
        """True if a response written now would be taken for the response to this request."""
        its_own = self._guard.phase is Phase.BODY and not self.pipeline
        return not self._is_answering() or (its_own and not self.cycle.response_started)
