"""A dialect's end of one WebSocket."""

from backchannel.dialects.shared.in_order import InOrder
from backchannel.transports.websocket.endpoint import Socket


class Line(InOrder[bytes, Socket]):
    """Implements `Handler` of the WebSocket seam; a dialect says what a frame means."""

    __slots__ = ()

    def text_received(self, payload: bytes) -> None:
        self.received(payload)

    def binary_received(self, payload: bytes) -> None:
        """Many clients send JSON as binary; the decoder tells whether it is text."""
        self.received(payload)

    def closed(self, code: int, reason: str) -> None:  # noqa: ARG002 - the seam's signature
        self.left()
