"""The parameters of a request to an Engine.IO server ("Query parameters")."""

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from backchannel.transports.engineio import problems
from backchannel.transports.engineio.problems import Rejected
from backchannel.transports.engineio.session import Session
from backchannel.transports.engineio.sessions import Sessions

REVISION: Final = "4"
POLLING: Final = "polling"
WEBSOCKET: Final = "websocket"
TRANSPORTS: Final = frozenset({POLLING, WEBSOCKET})

_MAX_PARAMETERS: Final = 100


class Query(msgspec.Struct, frozen=True):
    transport: str = ""
    revision: str = ""
    sid: str = ""
    base64: bool = False
    """True if the client wants binary messages as text."""


def parse(query: str) -> Query:
    """Read the query string; unknown parameters, such as a cache buster, are the client's own."""
    try:
        fields = dict(parse_qsl(query, max_num_fields=_MAX_PARAMETERS))
    except ValueError:
        raise Rejected(problems.BAD_REQUEST) from None
    return Query(
        transport=fields.get("transport", ""),
        revision=fields.get("EIO", ""),
        sid=fields.get("sid", ""),
        base64=fields.get("b64", "") not in {"", "0", "false"},
    )


def find(sessions: Sessions, sid: str) -> Session:
    """Return the session. Raises Rejected when there is none, or no longer."""
    session = sessions.get(sid)
    if session is None:
        raise Rejected(problems.UNKNOWN_SID)
    return session


def check_revision(query: Query) -> None:
    """Only a handshake names the revision that counts."""
    if query.revision != REVISION:
        raise Rejected(problems.UNSUPPORTED_PROTOCOL_VERSION)
