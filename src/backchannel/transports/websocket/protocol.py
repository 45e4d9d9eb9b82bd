"""An open WebSocket on an asyncio transport: a connection after its upgrade."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import MutableSet
from enum import Flag, auto

from backchannel.budgets.rates import network
from backchannel.transports.websocket import close as closing
from backchannel.transports.websocket import frames
from backchannel.transports.websocket.close import ConnectionFailed, restart_reason
from backchannel.transports.websocket.decoder import Decoder
from backchannel.transports.websocket.deflate import Extension
from backchannel.transports.websocket.endpoint import Handler, UpgradeRequest
from backchannel.transports.websocket.outgoing import Outgoing
from backchannel.transports.websocket.service import Service

logger = logging.getLogger("backchannel.transports.websocket")

_PING = frames.encode(frames.PING)
_CREDIT = 64 << 10
"""Bytes for which a socket asks the budget of its user at a time."""
_FREE = 16 << 10
"""Bytes that each socket may send before the first of these: a login costs nothing."""
_LONGEST_PAUSE = 2.0


class _Pause(Flag):
    """The causes for which a socket is not read."""

    HANDLER = auto()
    TURN = auto()
    BUDGET = auto()


class WebSocket(Outgoing):
    """The `Socket` that handlers see. Tens of thousands may be idle, so each slot counts."""

    __slots__ = (
        "_connections",
        "_credit",
        "_decoder",
        "_handler",
        "_is_stranger",
        "_paused",
        "_payer",
        "_request",
        "_slot",
        "_timer",
        "heard_at",
    )

    def __init__(
        self,
        service: Service,
        transport: asyncio.Transport,
        request: UpgradeRequest,
        handler: Handler,
        connections: MutableSet[asyncio.Protocol],
        extension: Extension | None,
    ) -> None:
        super().__init__(service, transport, extension and extension.deflater)
        self._request = request
        self._handler = handler
        self._connections = connections
        self._decoder = Decoder(handler, self, service.limits, extension and extension.inflater)
        self._timer: asyncio.TimerHandle | None = None
        self._paused = _Pause(0)
        self._is_stranger = True
        self._payer = f"address {network(request.client[0])}"
        self._credit = _FREE
        self.heard_at = service.keepalive.now
        self._slot = service.keepalive.watch(self)
        connections.add(self)
        _bound_kernel_buffer(transport, service.limits.receive_buffer)

    @property
    def request(self) -> UpgradeRequest:
        return self._request

    def start(self, response: bytes, early: bytes) -> None:
        """Answer the upgrade, open the handler and give it the bytes that have already arrived."""
        self._queue(response)
        try:
            self._handler.opened(self)
        except Exception as error:
            self._fail_internally(error)
        if early:
            self.data_received(early)

    def _flushed(self) -> None:
        try:
            self._handler.flushed()
        except Exception as error:
            self._fail_internally(error)

    # ---------------------------------------------------------- receiving

    def data_received(self, data: bytes) -> None:
        """Bytes came from the peer: asyncio calls this."""
        self.heard_at = self._service.keepalive.now
        decoder = self._decoder
        if decoder.paused:
            self._transport.pause_reading()  # these few were on their way
        try:
            decoder.feed(data)
        except ConnectionFailed as failure:
            self._fail(failure.code, failure.reason)
        except Exception as error:
            self._fail_internally(error)
        if self._is_stranger:
            self._service.held_before_login.hold(self, decoder.held)
        self._credit -= decoder.work
        if self._credit < 0:
            self._pay()

    def ping_received(self, payload: bytes) -> None:
        """Answer a ping (RFC 6455, 5.5.3): the decoder calls this."""
        self._queue(frames.encode(frames.PONG, payload))

    def close_received(self, code: int, reason: str) -> None:
        """Answer the peer's close frame, unless it answers ours; then disconnect (7.1)."""
        if self._ending is None:
            self._queue(frames.encode(frames.CLOSE, closing.encode(code)))
            self._ending = code, reason
            self._abort_after(self._service.limits.close_timeout)
        if self._out:
            self._write_out()
        self._transport.close()

    # ---------------------------------------------------- reading, or not

    def identify(self, user_id: str) -> None:
        """Take large messages from now on, and let this user's budget pay for reading."""
        self._payer = f"user {user_id}"
        self._know()
        self._decoder.trust()

    def give_up(self) -> None:
        """Disconnect a client that has not logged in, to make room: the budget calls this."""
        self._is_stranger = False
        self._fail(closing.TRY_AGAIN_LATER, "too many clients that have not logged in")

    def _know(self) -> None:
        if self._is_stranger:
            self._is_stranger = False
            self._service.held_before_login.hold(self, 0)

    def pause_reading(self) -> None:
        """Hand on no more messages until `resume_reading`."""
        self._pause(_Pause.HANDLER)

    def resume_reading(self) -> None:
        self._resume(_Pause.HANDLER)

    def turn_over(self) -> None:
        """Go on when every other socket has had its turn: the decoder calls this."""
        if self._transport.is_closing():
            self._decoder.stop()
            return
        self._paused |= _Pause.TURN  # also while the connection closes
        self._decoder.pause()
        asyncio.get_running_loop().call_soon(self._resume, _Pause.TURN)

    def _pay(self) -> None:
        """Take another piece of the budget, and wait for it if there is none."""
        reading = self._service.reading
        cost = _CREDIT - self._credit
        reading.charge(self._payer, cost)
        self._credit = _CREDIT
        wait = reading.wait(self._payer, 0)
        if wait:
            self._pause(_Pause.BUDGET)
            loop = asyncio.get_running_loop()
            loop.call_later(min(wait, _LONGEST_PAUSE), self._resume, _Pause.BUDGET)

    def _pause(self, cause: "_Pause") -> None:
        if self._ending is None and not self._transport.is_closing():
            self._paused |= cause
            self._decoder.pause()

    def _resume(self, cause: "_Pause") -> None:
        self._paused &= ~cause
        if self._paused or self._transport.is_closing() or not self._decoder.paused:
            return
        self._decoder.resume()
        self.data_received(b"")
        if not self._decoder.paused and self._reading:
            self._transport.resume_reading()

    # ------------------------------------------------------------- ending

    def close(self, code: int = closing.NORMAL, reason: str = "") -> None:
        """Start the closing handshake; raises ValueError for a code that may not be sent."""
        self._start_closing(code, reason, self._service.limits.close_timeout)

    def shutdown(self) -> None:
        """Ask the client to reconnect: uvicorn calls this when it drains (rule R12)."""
        limits = self._service.limits
        reason = restart_reason(limits.drain_jitter)
        self._start_closing(closing.SERVICE_RESTART, reason, limits.drain_grace)

    def _start_closing(self, code: int, reason: str, timeout: float) -> None:
        if self._ending is not None:
            return
        self._queue(frames.encode(frames.CLOSE, closing.encode(code, reason)))
        if self._ending is None:  # unless that was too much for the backlog
            self._ending = code, reason
            self._decoder.mute()
            if self._paused:  # the answer to the close frame follows unread data
                asyncio.get_running_loop().call_soon(self._resume, self._paused)
            self._abort_after(timeout)

    def _fail(self, code: int, reason: str) -> None:
        """Fail the connection (7.1.7): nothing more is read, the peer learns why."""
        self._start_closing(code, reason, self._service.limits.close_timeout)
        self._decoder.stop()
        if self._out:
            self._write_out()
        if self._transport.is_closing():
            return
        # half closed, the peer can still read why; closed at once, it may see only a reset
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()  # TLS sends its close and reads on by itself

    def _fail_internally(self, error: Exception) -> None:
        logger.error("handler failed", exc_info=error, extra={"path": self._request.path})
        self._fail(closing.INTERNAL_ERROR, "internal error")

    def _abort_after(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def _abort(self, reason: str) -> None:
        self._ending = self._ending or (closing.ABNORMAL, reason)
        self._decoder.stop()
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: asyncio calls this, once."""
        if self._timer is not None:
            self._timer.cancel()
        self._service.keepalive.forget(self, self._slot)
        self._service.caps.leave(self._request.client[0])
        self._connections.discard(self)
        self._ending = self._ending or (closing.ABNORMAL, "")
        self._out.clear()
        self._know()
        handler = self._handler
        del self._handler, self._decoder  # no reference cycle is left for the garbage collector
        try:
            handler.closed(*self._ending)
        except Exception:
            logger.exception("handler failed", extra={"path": self._request.path})

    # ---------------------------------------------------------- keepalive

    def ping(self) -> None:
        """Send a ping; a stuck peer would only get it late."""
        if not self._stuck:
            self._queue(_PING)

    def presume_dead(self) -> None:
        """Close, unless the peer is still reading, however slowly."""
        if self._paused or (self._stuck and self._has_read_on()):
            return
        if self._ending is None and not self._stuck:
            payload = closing.encode(closing.INTERNAL_ERROR, "ping timeout")
            self._queue(frames.encode(frames.CLOSE, payload))
            self._write_out()
        self._abort("ping timeout")


def _bound_kernel_buffer(transport: asyncio.Transport, size: int) -> None:
    """Let the kernel hold little for a socket that is not read, so that its peer notices."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
