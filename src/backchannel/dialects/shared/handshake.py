"""The opening of a WebSocket, where HTTP is still spoken: who it is, and how it is refused."""

import msgspec

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.shared.authentication import find_token, identify
from backchannel.dialects.shared.faults import Fault, message_and_error
from backchannel.dialects.shared.headers import API_POLICY, SECURITY_HEADERS
from backchannel.transports.websocket.endpoint import Refused, UpgradeRequest


async def identify_upgrade(core: Core, request: UpgradeRequest) -> Identity:
    """The identity of the client that opens a WebSocket. Raises `Unauthenticated`."""
    token = find_token(request.headers, request.query, request.subprotocols)
    return await identify(core, token)


def refused(fault: Fault) -> Refused:
    """The HTTP answer to a handshake that fails."""
    headers = (
        ("content-type", "application/json"),
        ("content-security-policy", API_POLICY),
        *SECURITY_HEADERS,
        *fault.header_fields(),
    )
    return Refused(fault.status, msgspec.json.encode(message_and_error(fault)), headers)
