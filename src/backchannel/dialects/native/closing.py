"""The close codes of `/v1/ws`, and what a client should do after each."""

from enum import Enum


class Closing(Enum):
    """A close code, its reason, and whether reconnecting makes sense."""

    LOGGED_OUT = (4001, "logged out", False)
    TOKEN_EXPIRED = (4002, "token expired; refresh it and reconnect", True)
    UNAUTHENTICATED = (4003, "not logged in; get a new token", False)
    HELLO_TIMEOUT = (4004, "no hello in time", True)

    def __init__(self, code: int, reason: str, reconnect: bool) -> None:  # noqa: FBT001
        self.code = code
        self.reason = reason
        self.reconnect = reconnect


STANDARD = {
    1000: ("closed by request", False),
    1001: ("going away", True),
    1002: ("protocol error (RFC 6455)", False),
    1003: ("unsupported data", False),
    1006: ("connection lost", True),
    1007: ("text that is not UTF-8", False),
    1009: ("message too big; see limits.frame_size", False),
    1011: ("internal error", True),
    1012: ("the server restarts; reconnect after the time named in the reason", True),
    1013: ("overloaded; reconnect later", True),
}
"""The registered codes (RFC 6455, section 7.4.1, and the IANA registry) as used here."""
