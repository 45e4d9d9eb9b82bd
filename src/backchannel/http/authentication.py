"""Authentication: the places of a token, and the identity behind it, also as a WebSocket opens."""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.chat import logins
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.domain.errors import Invalid, Unauthenticated
from backchannel.http.errors import ErrorInfo, message_and_error
from backchannel.http.headers import API_POLICY, SECURITY_HEADERS
from backchannel.transports.http.request_head import MOST_PARAMETERS, parse_query
from backchannel.transports.websocket.endpoint import Refused, UpgradeRequest

SUBPROTOCOL = "bearer"
"""The first of the pair `["bearer", token]`, and the subprotocol that the server then selects."""
HEADERS = ("authorization", "access_token", "x-access-token", "token")
"""The headers that clients send a token in; the first that holds one decides."""
HOW = "send a login's token as 'Authorization: Bearer TOKEN'"


def find_token(
    headers: Mapping[str, str], query: str = "", subprotocols: Sequence[str] = ()
) -> str | None:
    """The token of a request; the first of the places that holds one decides.

    Header names are lower case. The places are `Authorization: Bearer T` or `T` alone, the other
    `HEADERS`, the subprotocols `["bearer", T]` and the query's `token`: browsers
    cannot set headers on a WebSocket. Raises `Invalid` for a query with too many parameters.
    """
    for name in HEADERS:
        if token := _credentials(headers.get(name, "")):
            return token
    if len(subprotocols) == 2 and subprotocols[0].lower() == SUBPROTOCOL:
        return subprotocols[1]
    if "token=" in query:
        return read_query(query).get("token")
    return None


def read_query(query: str) -> dict[str, str]:
    """The parameters of a query. Raises `Invalid` for too many."""
    try:
        return parse_query(query)
    except ValueError:
        raise Invalid(f"a query may have at most {MOST_PARAMETERS} parameters") from None


async def identify(core: Core, token: str | None, *, to_queue: bool = False) -> Identity:
    """The identity of a token, as `logins.authenticate` finds it.

    Raises `Unauthenticated`, also without a token.
    """
    if token is None:
        raise Unauthenticated(f"not logged in; {HOW}")
    return await logins.authenticate(core, token, to_queue=to_queue)


def _credentials(value: str) -> str | None:
    words = value.split()
    if len(words) == 2 and words[0].lower() == "bearer":
        return words[1]
    return words[0] if len(words) == 1 and words[0].lower() != "bearer" else None


async def identify_upgrade(core: Core, request: UpgradeRequest) -> Identity:
    """The identity of the client that opens a WebSocket. Raises `Invalid`, `Unauthenticated`."""
    token = find_token(request.headers, request.query, request.subprotocols)
    return await identify(core, token)


def refused(error: ErrorInfo) -> Refused:
    """The HTTP answer to a handshake that fails."""
    headers = (
        ("content-type", "application/json"),
        ("content-security-policy", API_POLICY),
        *SECURITY_HEADERS,
        *error.header_fields(),
    )
    return Refused(error.status, msgspec.json.encode(message_and_error(error)), headers)
