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

from backchannel.budgets.held import HeldBytes
from backchannel.transports.http import answer
from backchannel.transports.http.caps import Caps
from backchannel.transports.http.deadlines import Deadlines
from backchannel.transports.http.fields import joined
from backchannel.transports.http.forwarded import plain_address
from backchannel.transports.http.guard import Guard, Phase, Refusal
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.request_head import check_version, resolve, without_upgrade

logger = logging.getLogger("backchannel.transports.http")

_LINGER = 1.0  # seconds a refused client has to read why
_RETRY = (("Retry-After", "5"),)


class HttpService:
    """The state that all HTTP connections of a process share."""

    __slots__ = ("caps", "deadlines", "limits", "strangers")

    def __init__(self, limits: HttpLimits, caps: Caps, strangers: HeldBytes) -> None:
        self.limits = limits
        self.strangers = strangers
        self.caps = caps
        self.deadlines = Deadlines()


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
        self._service = service
        self._guard = Guard(service.limits, self.loop.time())
        self._unread_since = inf
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

    def _leave(self) -> None:
        self._service.deadlines.forget(self)
        self._service.strangers.hold(self, 0)
        if self._address is not None:
            self._service.caps.leave(self._address)
            self._address = None

    def give_up(self) -> None:
        """Let a client go whose request has not begun yet, for others of its kind."""
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)

    def pause_writing(self) -> None:
        self._unread_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = inf
        super().resume_writing()

    # ----------------------------------------------------------- requests

    def data_received(self, data: bytes) -> None:
        guard = self._guard
        if guard.phase is Phase.REFUSED:
            return
        was_head = guard.phase is Phase.HEAD
        try:
            self._parse(data)
            if was_head and guard.phase is Phase.HEAD:
                guard.count_raw(len(data))
            if was_head:
                self._service.strangers.hold(self, guard.unfinished)
        except httptools.HttpParserError as error:
            cause = error.__context__  # what one of the callbacks below raised, if one did
            refusal = cause if isinstance(cause, Refusal) else Refusal(HTTPStatus.BAD_REQUEST)
            self._refuse(refusal.status, text=refusal.text)
        except Refusal as refusal:
            self._refuse(refusal.status, text=refusal.text)

    def _parse(self, data: bytes) -> None:
        rest = memoryview(data)
        while True:
            try:
                self.parser.feed_data(rest)  # pyright: ignore[reportOptionalMemberAccess] - None once lost
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                if self._should_upgrade():
                    self._upgrade(bytes(rest))
                    return
                self._ignore_upgrade()
            else:
                return

    def _ignore_upgrade(self) -> None:
        """Go on as if no other protocol had been offered (RFC 9110, section 7.8).

        The parser takes what follows such a head for that protocol, so that a fresh one gets
        the head without the offer, and then the body.
        """
        if self.scope["method"] == "CONNECT":
            raise Refusal(HTTPStatus.BAD_REQUEST, "this server is no proxy")
        self.headers = without_upgrade(self.headers)
        head = self._request_head()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        self._guard.begin_head(self.loop.time())
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._guard.count_field(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._guard.count_field(len(name) + len(value) + 4)
        if self._guard.phase is Phase.HEAD:  # a trailer never becomes a header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        method = self.parser.get_method()
        check_version(version)
        if method != b"CONNECT":
            self.url = resolve(self.url, self.headers, method=method, version=version)
        if self._offers_other_protocol():
            self.scope["method"] = method.decode("ascii")
            self.scope["http_version"] = version
            return
        announced = next((value for name, value in self.headers if name == b"content-length"), b"0")
        self._guard.begin_body(self.loop.time(), int(announced))
        super().on_headers_complete()

    def _offers_other_protocol(self) -> bool:
        """True if the parser expects another protocol than WebSocket behind this head."""
        return bool(self.parser.should_upgrade()) and not self._should_upgrade()

    def _should_upgrade(self) -> bool:
        fields = joined(self.headers)
        return all(
            wanted in (each.strip().lower() for each in fields.get(name, "").split(","))
            for name, wanted in (("connection", "upgrade"), ("upgrade", "websocket"))
        )

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
        super().on_response_complete()
        self._idle_if_answered()

    def _idle_if_answered(self) -> None:
        if self._guard.phase is Phase.ANSWER and not self._is_answering():
            self._guard.idle(self.loop.time(), self.timeout_keep_alive)

    def _is_answering(self) -> bool:
        """True if the application still owes a response."""
        # uvicorn's annotation leaves out that there is no cycle before the first request
        cycle = cast("RequestResponseCycle | None", self.cycle)
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
        version = self.scope["http_version"].encode()
        line = b"%s %s HTTP/%s\r\n" % (self.scope["method"].encode(), self.url, version)
        fields = [b"%s: %s\r\n" % field for field in self.headers]
        return line + b"".join(fields) + b"\r\n"

    # ----------------------------------------------------------- refusing

    @property
    def deadline(self) -> float:
        return min(self._guard.deadline, self._unread_since + self._service.limits.write_timeout)

    def overdue(self, now: float) -> None:
        """Cut a client that is too slow; with a word where it can still be said."""
        phase = self._guard.phase
        if self._guard.deadline > now or phase in {Phase.IDLE, Phase.REFUSED}:
            self.transport.abort()
        elif phase is Phase.BODY and self.flow.read_paused:
            self._guard.extend(now)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus, headers: answer.Headers = (), *, text: str = "") -> None:
        """Answer an error in place of the application, then hang up."""
        logger.debug("request refused", extra={"status": int(status), "client": self.client})
        if self.transport.is_closing() or not self._may_answer():
            self.transport.abort()
            return
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        default = answer.decoded(self.server_state.default_headers)
        self._guard.refuse(self.loop.time(), _LINGER)
        self.transport.write(answer.refusal(status, text.encode(), [*default, *headers]))
        if self.transport.can_write_eof():
            self.transport.write_eof()  # closed at once, the client might see only a reset
        else:
            self.transport.close()

    def _may_answer(self) -> bool:
        """True if a response written now would be taken for the response to this request."""
        if not self._is_answering():
            return True
        its_own = self._guard.phase is Phase.BODY and not self.pipeline
        return its_own and not self.cycle.response_started
