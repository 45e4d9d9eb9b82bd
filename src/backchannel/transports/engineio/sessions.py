"""All sessions of a process: their heartbeats and timeouts share one timer."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from backchannel.budgets.rates import RateBudget
from backchannel.transports.deadlines import Deadlines
from backchannel.transports.engineio.endpoint import Endpoint, EngineIoSettings, Transport
from backchannel.transports.engineio.packets import Handshake
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.session import EngineIoSession
from backchannel.transports.http.limits import Caps
from backchannel.transports.websocket.close import SERVICE_RESTART
from backchannel.transports.websocket.endpoint import UpgradeRequest

_SID_BYTES: Final = 15  # 120 bits: a client that knows it can read and write the session
_POLICY: Final = 1008
READ_BURST: Final = 4
"""Seconds of the read rate that one client may send at once."""


class Sessions:
    """The table of sessions, which owns each of them (`SessionOwner`)."""

    def __init__(
        self, endpoint: Endpoint, settings: EngineIoSettings, name: Callable[[str], str] = str
    ) -> None:
        """`name` makes the id of a session from a random token."""
        self.settings = settings
        self._name = name
        self._endpoint = endpoint
        self._open: dict[str, EngineIoSession] = {}
        self._caps = Caps(settings.sessions, settings.sessions_per_address)
        self._pings = Deadlines(settings.ping_interval, self._ping)
        self._pongs = Deadlines(settings.ping_timeout, EngineIoSession.presume_dead)
        self._probes = Deadlines(settings.upgrade_timeout, EngineIoSession.probe_timed_out)
        self.reading = RateBudget(settings.read_rate, READ_BURST * settings.read_rate)
        self._draining = False

    def __len__(self) -> int:
        return len(self._open)

    def new(self, request: UpgradeRequest, transport: Transport) -> EngineIoSession:
        """Return a session that does not count before it is started."""
        sid = self._name(secrets.token_urlsafe(_SID_BYTES))
        return EngineIoSession(sid, request, transport, self._endpoint(request), self)

    def get(self, sid: str) -> EngineIoSession | None:
        return self._open.get(sid)

    def drain(self, reason: str = "") -> None:
        """Close all sessions and take no new ones, because the process ends (rule R12)."""
        self._draining = True
        for session in tuple(self._open.values()):
            session.close(SERVICE_RESTART, reason)

    # ------------------------------------------------------- called by the sessions

    def admit(self, session: EngineIoSession) -> bytes | None:
        """Count and watch a new session; returns its open packet, or None when it is too many."""
        if self._draining or not self._caps.enter(session.request.client[0]):
            return None
        self._open[session.id] = session
        self._pings.add(session)
        settings = self.settings
        return Handshake(
            sid=session.id,
            upgrades=("websocket",) if isinstance(session.transport, Polling) else (),
            ping_interval=round(settings.ping_interval * 1000),
            ping_timeout=round(settings.ping_timeout * 1000),
            max_payload=settings.max_payload,
        ).encode()

    def _ping(self, session: EngineIoSession) -> None:
        self._pongs.add(session)
        session.ping()

    def pong_received(self, session: EngineIoSession) -> None:
        self._pongs.discard(session)
        self._pings.add(session)

    def still_busy(self, session: EngineIoSession) -> None:
        self._pongs.add(session)

    def probe_opened(self, session: EngineIoSession) -> None:
        self._probes.add(session)

    def probe_closed(self, session: EngineIoSession) -> None:
        self._probes.discard(session)

    def overflowed(self, session: EngineIoSession) -> None:
        asyncio.get_running_loop().call_soon(session.fail, "too far behind", _POLICY)

    def ended(self, session: EngineIoSession) -> None:
        del self._open[session.id]
        self._pings.discard(session)
        self._pongs.discard(session)
        self._caps.leave(session.request.client[0])
