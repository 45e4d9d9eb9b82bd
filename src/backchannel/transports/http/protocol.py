"""uvicorn's HTTP/1.1 protocol, with limits on all that a client can prolong or accumulate."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools

from backchannel.budgets.held import HeldBytes
from backchannel.transports.http import request_head
from backchannel.transports.http.connection import HttpConnection
from backchannel.transports.http.limits import HttpLimits, Network, Phase, Refusal
from backchannel.transports.http.service import HttpService

WAITING_COST = 4
"""The factor for bytes behind a request: with each answer, the rest is copied and one is parsed."""


class HttpProtocol(HttpConnection):
    """Reads requests in turns; hands upgrades to the `ws` class."""

    def data_received(self, data: bytes) -> None:
        if self._guard.phase is Phase.REFUSED:
            return
        if self._waiting or self.flow.is_held:
            self._wait(self._waiting + data)
        else:
            self._take(data)

    def _wait(self, data: bytes) -> None:
        """Keep received bytes for later: after requests without an answer, or for the next turn."""
        self._waiting = data
        self.flow.pause_reading()
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
        while rest and guard.phase is not Phase.REFUSED:
            if self.pipeline or guard.turn_is_over:
                break
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
        if guard.turn_is_over and guard.phase is not Phase.REFUSED:
            self._end_turn()
        if rest and guard.phase is not Phase.REFUSED:
            self._wait(bytes(rest))

    def _end_turn(self) -> None:
        """Read on when others have had their turn, and the client has paid for its small parts."""
        wait = self._service.pay(self._guard.begin_turn(), self.client, self.headers)
        self.flow.hold()
        self.loop.call_later(wait, self._begin_turn)

    def _begin_turn(self) -> None:
        self.flow.is_held = False
        if self._waiting:
            self._go_on()
        elif not self.pipeline and not self.transport.is_closing():
            self.flow.resume_reading()

    def _ignore_upgrade(self) -> None:
        """Go on as if no other protocol had been offered (RFC 9110, section 7.8).

        The parser takes the bytes after such a head for that protocol, so a new parser gets
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
            self._answered.body = bytearray()  # the application does not need the unread rest
        self._answered = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        else:
            self._go_on()
        self._idle_if_answered()

    def _go_on(self) -> None:
        """Take the waiting bytes, unless requests ahead of them have no answer yet."""
        if not self._waiting or self.pipeline or self.flow.is_held or self.transport.is_closing():
            return
        waiting, self._waiting = self._waiting, b""
        self._hold(self._guard.unfinished)
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self._take(waiting)

    def _idle_if_answered(self) -> None:
        if self._guard.phase is Phase.ANSWER and not self._is_answering():
            self._guard.idle(self._now(), self.timeout_keep_alive)

    def _upgrade(self, early: bytes) -> None:
        """Hand the connection over; unlike uvicorn's own, with the bytes after the request."""
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


def http_protocol(
    limits: HttpLimits | None = None,
    *,
    trusted_proxies: Sequence[Network] = (),
    held_before_login: HeldBytes | None = None,
) -> type[asyncio.Protocol]:
    """Return the `http` argument of `uvicorn.Config`.

    `trusted_proxies` are not held to the cap on connections from one address.
    `held_before_login` bounds the bytes held for all clients whose request has not started yet.
    """
    limits = limits or HttpLimits()
    service = HttpService(limits, trusted_proxies, held_before_login or HeldBytes())
    build: Callable[..., asyncio.Protocol] = partial(HttpProtocol, service)
    # uvicorn's annotation names a class, but it only calls it
    return cast("type[asyncio.Protocol]", build)
