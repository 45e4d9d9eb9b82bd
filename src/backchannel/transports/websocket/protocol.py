"""An open WebSocket on an asyncio transport: what is left of a connection after its upgrade."""

import asyncio
import logging
from collections.abc import MutableSet

from backchannel.transports.websocket import close as closing
from backchannel.transports.websocket import frames
from backchannel.transports.websocket.close import ConnectionFailed
from backchannel.transports.websocket.decoder import Decoder
from backchannel.transports.websocket.drain import farewell
from backchannel.transports.websocket.endpoint import Handler, UpgradeRequest
from backchannel.transports.websocket.extension import Extension
from backchannel.transports.websocket.outgoing import Outgoing
from backchannel.transports.websocket.service import Service

logger = logging.getLogger("backchannel.transports.websocket")

_PING = frames.encode(frames.PING)


class WebSocket(Outgoing):
    """The `Socket` that handlers see. Tens of thousands may be idle, so each slot counts."""

    __slots__ = (
        "_connections",
        "_decoder",
        "_handler",
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
        self.heard_at = service.keepalive.now
        self._slot = service.keepalive.watch(self)
        connections.add(self)

    @property
    def request(self) -> UpgradeRequest:
        return self._request

    def start(self, response: bytes, early: bytes) -> None:
        """Answer the upgrade, open the handler and give it what has already arrived."""
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
        try:
            self._decoder.feed(data)
        except ConnectionFailed as failure:
            self._fail(failure.code, failure.reason)
        except Exception as error:
            self._fail_internally(error)

    def ping_received(self, payload: bytes) -> None:
        """Answer a ping (RFC 6455, 5.5.3): the decoder calls this."""
        self._queue(frames.encode(frames.PONG, payload))

    def close_received(self, code: int, reason: str) -> None:
        """Answer the peer's close frame, or take it as the answer to ours; then hang up (7.1)."""
        if self._ending is None:
            self._queue(frames.encode(frames.CLOSE, closing.encode(code)))
            self._ending = code, reason
            self._abort_after(self._service.limits.close_timeout)
        if self._out:
            self._write_out()
        self._transport.close()

    # ------------------------------------------------------------- ending

    def close(self, code: int = closing.NORMAL, reason: str = "") -> None:
        """Start the closing handshake; raises ValueError for a code that may not be sent."""
        self._start_closing(code, reason, self._service.limits.close_timeout)

    def shutdown(self) -> None:
        """Send the client elsewhere: uvicorn calls this when it drains (rule R12)."""
        limits = self._service.limits
        reason = farewell(limits.drain_jitter)
        self._start_closing(closing.SERVICE_RESTART, reason, limits.drain_grace)

    def _start_closing(self, code: int, reason: str, patience: float) -> None:
        if self._ending is not None:
            return
        self._queue(frames.encode(frames.CLOSE, closing.encode(code, reason)))
        if self._ending is None:  # unless that was too much for the backlog
            self._ending = code, reason
            self._decoder.mute()
            self._abort_after(patience)

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
            self._transport.close()  # TLS says goodbye and reads on by itself

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
        handler = self._handler
        del self._handler, self._decoder  # no circle is left for the garbage collector
        try:
            handler.closed(*self._ending)
        except Exception:
            logger.exception("handler failed", extra={"path": self._request.path})

    # ---------------------------------------------------------- keepalive

    def ping(self) -> None:
        """Ask for a sign of life; a stuck peer would only get it late."""
        if not self._stuck:
            self._queue(_PING)

    def presume_dead(self) -> None:
        """Hang up, unless the peer is slowly but surely reading what we sent."""
        if self._stuck and self._has_read_on():
            return
        if self._ending is None and not self._stuck:
            payload = closing.encode(closing.INTERNAL_ERROR, "ping timeout")
            self._queue(frames.encode(frames.CLOSE, payload))
            self._write_out()
        self._abort("ping timeout")
