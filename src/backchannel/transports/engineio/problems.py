"""The reasons for refused requests, with the codes and messages that Engine.IO clients know."""

from typing import Final

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """The reason a request is refused; the response body is its code and message as JSON."""

    code: int
    message: str
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        return msgspec.json.encode({"code": self.code, "message": self.message})


UNKNOWN_TRANSPORT: Final = Problem(0, "Transport unknown")
UNKNOWN_SID: Final = Problem(1, "Session ID unknown")
BAD_HANDSHAKE_METHOD: Final = Problem(2, "Bad handshake method")
BAD_REQUEST: Final = Problem(3, "Bad request")
FORBIDDEN: Final = Problem(4, "Forbidden: the operator sets cors_origins", 403)
UNSUPPORTED_PROTOCOL_VERSION: Final = Problem(5, "Unsupported protocol version")

# These have no number of their own in the protocol; clients look at the status only.
TOO_LARGE: Final = Problem(3, "Payload too large", 413)
TOO_SLOW: Final = Problem(3, "Request timeout", 408)
OVERLOADED: Final = Problem(3, "Too many sessions", 503, (("retry-after", "5"),))


class Rejected(Exception):
    """The request is answered with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
