"""The admission of clients: one namespace, `/`, for the clients of every dialect.

A token may be in the handshake's `auth`, in the headers or in the query. Without a token, a
client may connect if one of the dialects logs in with an event; until it has done so it gets
only errors, and at the deadline it is disconnected. A client with an empty place for the token
gets `error`, one with a bad token `Authentication error`.

A client that recovers replaces its old socket, which may be dead without the server having
noticed yet.
"""

from collections.abc import Sequence
from weakref import WeakValueDictionary

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.authentication import find_token, identify
from backchannel.dialects.shared.cursorless_line import delivered_position
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.dialects.socketio.line import Admitted, SocketIoLine
from backchannel.dialects.socketio.recovery import Begin, begin
from backchannel.domain.errors import ChatError, Unauthenticated
from backchannel.transports.socketio.endpoint import (
    Accepted,
    ConnectRefused,
    ConnectRequest,
    Endpoint,
)

MISSING = "error"
BAD = "Authentication error"
"""The messages of `connect_error` for a handshake without a token, and with a bad one."""
_PLACES = frozenset({"authorization", "access_token"})


def endpoint(desk: Switchboard, dialects: Sequence[Dialect]) -> Endpoint:
    """The namespace `/`."""
    strangers = any(dialect.admits_strangers for dialect in dialects)
    lines: WeakValueDictionary[str, SocketIoLine] = WeakValueDictionary()

    async def accept(request: ConnectRequest) -> Accepted | ConnectRefused:
        token = _token(request)
        if not token:
            if token is None and strangers:
                return Accepted(SocketIoLine(desk, dialects, None), stranger=True)
            return ConnectRefused(MISSING, {"code": Unauthenticated.code})
        try:
            identity = await identify(desk.core, token)
            start = await _begin(desk.core, identity, request)
            if start.recovered and (before := lines.pop(start.pid, None)) is not None:
                before.give_way()
            desk.admit(identity.user_id)
        except ChatError as error:
            text = BAD if isinstance(error, Unauthenticated) else error.text
            return ConnectRefused(text, {"code": error.code, "message": error.text})
        line = lines[start.pid] = SocketIoLine(desk, dialects, Admitted(identity, start))
        return Accepted(line, sid=start.sid, pid=start.pid)

    return accept


async def _begin(core: Core, identity: Identity, request: ConnectRequest) -> Begin:
    delivered = await delivered_position(core, identity.user_id)
    return await begin(core, identity.user_id, request, delivered)


def _token(request: ConnectRequest) -> str | None:
    """The token of a handshake; empty where there is a place for one and nothing in it."""
    headers, query = request.request.headers, request.request.query
    given = request.auth.get("token")
    if isinstance(given, str) and given:
        return find_token({"authorization": given})
    token = find_token(headers, query)
    if token is None and ("token" in request.auth or not _PLACES.isdisjoint(headers)):
        return ""
    return token
