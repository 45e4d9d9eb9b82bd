"""uvicorn's HTTP/1.1 protocol with a limit on everything a client can draw out or pile up."""

import asyncio
import logging
from http import HTTPStatus
from math import inf
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from backchannel.budgets.held import TLS_BUFFERS
from backchannel.transports.http import answer, request_head
from backchannel.transports.http.forwarded import plain_address
from backchannel.transports.http.limits import Guard, HttpService, Phase, Refusal

logger = logging.getLogger("backchannel.transports.http")

WAITING_COST = 4
"""The factor for bytes behind a request: with each answer, the rest is copied and one is parsed."""
_LINGER = 1.0  # seconds a refused client has to read why
_TO_BE_READ = 0.05  # seconds: the loop calls timers before it reads
_RETRY = (("Retry-After", "5"),)


class HttpProtocol(HttpToolsProtocol):
    """Refuses what is too big, too slow or too much; hands upgrades to the `ws` class."""

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

    # --------------------------------------------------------- connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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
        """Let a client go whose request has not started yet, for others of its kind."""
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)

    def pause_writing(self) -> None:
        self._unread_since = self._now()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = inf
        super().resume_writing()

    # ----------------------------------------------------------- requests

    def data_received(self, data: bytes) -> None:
        if self._guard.phase is Phase.REFUSED:
            return
        if self._waiting:
            self._wait(self._waiting + data)
        else:
            self._take(data)

    def _wait(self, data: bytes) -> None:
        """Keep what came for later: behind requests without an answer, or for the next turn."""
        self._waiting = data
        self.flow.pause_reading()
        if not self.pipeline:
            self.loop.call_soon(self._go_on)
        self._hold((WAITING_COST if self.pipeline else 1) * len(data) + self._guard.unfinished)

    def _take(self, data: bytes) -> None:
        try:
            self._parse(data)
        except (httptools.HttpParserError, Refusal) as error:
            cause = error if isinstance(error, Refusal) else error.__context__  # of a callback
            refusal = cause if isinstance(cause, Refusal) else Refusal(HTTPStatus.BAD_REQUEST)
            self._refuse(refusal.status, text=refusal.text)

    def _parse(self, data: bytes) -> None:
        guard, rest = self._guard, memoryview(data)
        guard.begin_turn()
        while rest and guard.phase is not Phase.REFUSED:
            if self.pipeline or guard.turn_is_over:
                self._wait(bytes(rest))
                return
            piece, was_head = rest[: guard.piece], guard.phase is Phase.HEAD
            try:
                self.parser.feed_data(piece)  # pyright: ignore[reportOptionalMemberAccess] - None once lost
                rest = rest[len(piece) :]
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                if self._should_upgrade():
                    self._upgrade(bytes(rest))
                    return
                self._ignore_upgrade()
            if was_head:
                if guard.phase is Phase.HEAD:
                    guard.count_raw(len(piece))
                self._hold(guard.unfinished)

    def _ignore_upgrade(self) -> None:
        """Go on as if no other protocol had been offered (RFC 9110, section 7.8).

        The parser takes what follows such a head for that protocol, so that a fresh one gets
        the head without the offer, and then the body.
        """
        if self.scope["method"] == "CONNECT":
            raise Refusal(HTTPStatus.BAD_REQUEST, "this server is not a proxy")
        self.headers = request_head.without_upgrade(self.headers)
        head = self._request_head()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        self._guard.begin_head(self._now())
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._guard.count_target(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._guard.count_field(len(name) + len(value) + 4)
        if self._guard.phase is Phase.HEAD:  # a trailer never becomes a header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version, method = self.parser.get_http_version(), self.parser.get_method()
        request_head.check(version, self.headers)
        if method != b"CONNECT":
            self.url = request_head.resolve(self.url, self.headers, method=method, version=version)
        if self.parser.should_upgrade() and not self._should_upgrade():  # to another protocol
            self.scope["method"] = method.decode("ascii")
            self.scope["http_version"] = version
            return
        self._guard.begin_body(self._now(), int(dict(self.headers).get(b"content-length", 0)))
        super().on_headers_complete()
        self.scope.setdefault("state", {})["unread"] = self.cycle  # the edge takes it away
        if not self.pipeline:
            self._answered = self.cycle

    def _should_upgrade(self) -> bool:
        return request_head.asks_for_websocket(self.headers)

    def on_body(self, body: bytes) -> None:
        self._guard.count_body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._guard.phase is Phase.HEAD:
            return  # an offer to be ignored: the body has yet to be read
        super().on_message_complete()
        self._guard.await_answer()
        self._idle_if_answered()

    def on_response_complete(self) -> None:
        if self._answered is not None:
            self._answered.body = bytearray()  # what the application has not read, it does not need
        self._answered = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        else:
            self._go_on()
        self._idle_if_answered()

    def _go_on(self) -> None:
        """Take what waits, unless requests ahead of it have no answer yet."""
        if not self._waiting or self.pipeline or self.transport.is_closing():
            return
        waiting, self._waiting = self._waiting, b""
        self._hold(self._guard.unfinished)
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self._take(waiting)

    def _idle_if_answered(self) -> None:
        if self._guard.phase is Phase.ANSWER and not self._is_answering():
            self._guard.idle(self._now(), self.timeout_keep_alive)

    def _is_answering(self) -> bool:
        """True if the application still owes a response."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _upgrade(self, early: bytes) -> None:
        """Give the connection away; unlike uvicorn's own, with what follows the request."""
        if self._is_answering():
            self.transport.abort()  # an upgrade behind a pipelined request
        else:
            self._hand_over(early)

    def _hand_over(self, early: bytes) -> None:
        self._leave()
        self.connections.discard(self)
        build = cast("Any", self.ws_protocol_class)
        protocol = build(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(self._request_head())
        if early:
            protocol.data_received(early)
        del self.parser  # it and the protocol hold each other

    def _request_head(self) -> bytes:
        scope = self.scope
        return request_head.written(scope["method"], self.url, scope["http_version"], self.headers)

    def timeout_keep_alive_handler(self) -> None:
        """Hang up, once what came while the process stood still has been read."""
        hang_up = super().timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(_TO_BE_READ, hang_up)

    # ----------------------------------------------------------- refusing

    @property
    def deadline(self) -> float:
        return min(self._guard.deadline, self._unread_since + self._service.limits.write_timeout)

    def overdue(self, now: float) -> None:
        """Cut a client that is too slow; with a word where it can still be said."""
        phase = self._guard.phase
        if self._guard.deadline > now or phase in {Phase.IDLE, Phase.REFUSED}:
            self.transport.abort()
        elif self.flow.read_paused:
            self._guard.extend(now)  # it is not the client that is slow
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
        (self.transport.write_eof if self.transport.can_write_eof() else self.transport.close)()

    def _may_answer(self) -> bool:
        """True if a response written now would be taken for the response to this request."""
        its_own = self._guard.phase is Phase.BODY and not self.pipeline
        return not self._is_answering() or (its_own and not self.cycle.response_started)
