"""Closing a WebSocket: status codes and their payload (RFC 6455, 7.4), and a restart's reason."""

import random
from typing import Final

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
NO_STATUS: Final = 1005
ABNORMAL: Final = 1006
INVALID_PAYLOAD: Final = 1007
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011
SERVICE_RESTART: Final = 1012
TRY_AGAIN_LATER: Final = 1013

_MAX_REASON: Final = 123  # a control frame's 125 bytes less the code
_ON_THE_WIRE: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})


class ConnectionFailed(Exception):
    """The peer broke the protocol or a limit, so the connection must fail (7.1.7).

    `code` and `reason` go into the close frame.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def may_be_sent(code: int) -> bool:
    """True if `code` is allowed in a close frame (7.4.1 and 7.4.2)."""
    return code in _ON_THE_WIRE or 3000 <= code <= 4999


def encode(code: int, reason: str = "") -> bytes:
    """Return a close frame's payload; a reason above 123 bytes is cut between characters."""
    if code == NO_STATUS:
        return b""
    if not may_be_sent(code):
        raise ValueError(f"{code} cannot be sent in a close frame")
    text = reason.encode()[:_MAX_REASON].decode(errors="ignore")
    return code.to_bytes(2) + text.encode()


def decode(payload: bytes) -> tuple[int, str]:
    """Return the code and reason in a close frame's payload; 1005 for an empty one."""
    if not payload:
        return NO_STATUS, ""
    code = int.from_bytes(payload[:2])
    if len(payload) == 1 or not may_be_sent(code):
        raise ConnectionFailed(PROTOCOL_ERROR, "invalid close code")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        raise ConnectionFailed(INVALID_PAYLOAD, "close reason is not UTF-8") from None


def restart_reason(jitter: float) -> str:
    """Return a close reason that spreads the reconnects over `jitter` seconds."""
    # spreading load needs no unpredictable numbers
    return f"restarting; reconnect in {random.uniform(0.1, max(0.1, jitter)):.1f} s"  # noqa: S311
