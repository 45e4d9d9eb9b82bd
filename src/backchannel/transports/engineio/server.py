"""An Engine.IO server: one session table behind an ASGI application and a WebSocket endpoint."""

from collections.abc import Collection, Sequence

from backchannel.transports.engineio import problems, requests
from backchannel.transports.engineio.app import PollingApp
from backchannel.transports.engineio.endpoint import Endpoint
from backchannel.transports.engineio.problems import Rejected
from backchannel.transports.engineio.sessions import Sessions
from backchannel.transports.engineio.settings import Settings
from backchannel.transports.engineio.websocket import WebSocketTransport
from backchannel.transports.http.caps import Network
from backchannel.transports.websocket.endpoint import Accepted, Refused, UpgradeRequest


class EngineIo:
    """Serves Engine.IO 4 at one path.

    `polling` is the ASGI application to mount there; `websocket` is the endpoint of its
    upgrades, whose Origin the WebSocket layer checks. `origins` are the foreign origins that
    may poll.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings | None = None,
        *,
        origins: Collection[str] = (),
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self.sessions = Sessions(endpoint, settings or Settings())
        self.polling = PollingApp(self.sessions, origins, trusted_proxies)

    async def websocket(self, request: UpgradeRequest) -> Accepted | Refused:
        """Open a session ("Handshake"), or let a WebSocket try to take one over ("Upgrade")."""
        try:
            return Accepted(self._transport(request))
        except Rejected as rejected:
            problem = rejected.problem
            headers = (("content-type", "application/json"),)
            return Refused(problem.status, problem.body(), headers)

    def _transport(self, request: UpgradeRequest) -> WebSocketTransport:
        query = requests.parse(request.query)
        if query.transport not in requests.TRANSPORTS:
            raise Rejected(problems.UNKNOWN_TRANSPORT)
        if query.transport != requests.WEBSOCKET:
            raise Rejected(problems.BAD_REQUEST)
        transport = WebSocketTransport(base64=query.base64)
        if query.sid:
            transport.carry(requests.find(self.sessions, query.sid))
        else:
            requests.check_revision(query)
            transport.carry(self.sessions.new(request, transport))
        return transport
