"""All sessions of a process: their heartbeats and timeouts share one timer."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from backchannel.budgets.rates import RateBudget
from backchannel.transports.engineio.endpoint import Endpoint, Settings, Transport
from backchannel.transports.engineio.packets import Handshake
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.session import Session
from backchannel.transports.http.limits import Caps
from backchannel.transports.websocket.close import SERVICE_RESTART
from backchannel.transports.websocket.endpoint import UpgradeRequest

logger = logging.getLogger("backchannel.transports.engineio")

T = TypeVar("T", bound=Hashable)

_EARLY = 1 / 64  # of the delay: what is due so soon shares a wake-up
_EARLIEST = 0.25
_LATE = 0.25
"""Seconds after which the process has stood still: what came meanwhile is not read yet."""
_GRACE = 1 / 4  # of the delay: then it has time to be read

_SID_BYTES: Final = 15  # 120 bits: a client that knows it can read and write the session
_POLICY: Final = 1008
READ_BURST: Final = 4
"""Seconds of the read rate that one client may send at once."""


class Deadlines(Generic[T]):
    """Calls `expired(item)` once, a fixed delay after `add(item)`.

    All items wait equally long, so the order of arrival is the order of expiry and one timer,
    for the first of them, is enough. It never calls late because of its precision, but up to
    1/64 of the delay early. The time for which the process stands still does not count.
    """

    __slots__ = ("_delay", "_due", "_early", "_expired", "_lost", "_timer")

    def __init__(self, delay: float, expired: Callable[[T], None]) -> None:
        self._delay = delay
        self._early = min(delay * _EARLY, _EARLIEST)
        self._expired = expired
        # a plain dict would search past all it has deleted to find its first item
        self._due: OrderedDict[T, float] = OrderedDict()
        self._lost = 0.0  # seconds that do not count
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: T) -> None:
        """Start the time of `item`, afresh if it is running."""
        due = self._now() + self._delay
        self._due[item] = due
        self._due.move_to_end(item)
        if self._timer is None:
            self._sweep_before(due)

    def discard(self, item: T) -> None:
        """Stop the time of `item`, if it is running."""
        self._due.pop(item, None)

    def __contains__(self, item: T) -> bool:
        return item in self._due

    def __len__(self) -> int:
        return len(self._due)

    def _now(self) -> float:
        return asyncio.get_running_loop().time() - self._lost

    def _sweep_before(self, due: float) -> None:
        at = due - self._early
        self._timer = asyncio.get_running_loop().call_at(at + self._lost, self._sweep, at)

    def _sweep(self, planned: float) -> None:
        late = self._now() - planned
        if late > _LATE:
            self._lost += late + self._delay * _GRACE
        until = self._now() + self._early
        while self._due:
            item, due = next(iter(self._due.items()))
            if due > until:
                self._sweep_before(due)
                return
            del self._due[item]
            self._call(item)
        self._timer = None

    def _call(self, item: T) -> None:
        try:
            self._expired(item)
        except Exception:
            logger.exception("timeout handler failed")


class Sessions:
    """The table of sessions, which owns each of them (`SessionOwner`)."""

    def __init__(
        self, endpoint: Endpoint, settings: Settings, name: Callable[[str], str] = str
    ) -> None:
        """`name` makes the id of a session from a random token."""
        self.settings = settings
        self._name = name
        self._endpoint = endpoint
        self._open: dict[str, Session] = {}
        self._caps = Caps(settings.sessions, settings.sessions_per_address)
        self._pings = Deadlines(settings.ping_interval, self._ping)
        self._pongs = Deadlines(settings.ping_timeout, Session.presume_dead)
        self._probes = Deadlines(settings.upgrade_timeout, Session.probe_timed_out)
        self.reading = RateBudget(settings.read_rate, READ_BURST * settings.read_rate)
        self._draining = False

    def __len__(self) -> int:
        return len(self._open)

    def new(self, request: UpgradeRequest, transport: Transport) -> Session:
        """Return a session that does not count before it is started."""
        sid = self._name(secrets.token_urlsafe(_SID_BYTES))
        return Session(sid, request, transport, self._endpoint(request), self)

    def get(self, sid: str) -> Session | None:
        return self._open.get(sid)

    def drain(self, reason: str = "") -> None:
        """Close all sessions and take no new ones, because the process ends (rule R12)."""
        self._draining = True
        for session in tuple(self._open.values()):
            session.close(SERVICE_RESTART, reason)

    # ------------------------------------------------------- called by the sessions

    def admit(self, session: Session) -> bytes | None:
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

    def _ping(self, session: Session) -> None:
        self._pongs.add(session)
        session.ping()

    def pong_received(self, session: Session) -> None:
        self._pongs.discard(session)
        self._pings.add(session)

    def still_busy(self, session: Session) -> None:
        self._pongs.add(session)

    def probe_opened(self, session: Session) -> None:
        self._probes.add(session)

    def probe_closed(self, session: Session) -> None:
        self._probes.discard(session)

    def overflowed(self, session: Session) -> None:
        asyncio.get_running_loop().call_soon(session.fail, "too far behind", _POLICY)

    def ended(self, session: Session) -> None:
        del self._open[session.id]
        self._pings.discard(session)
        self._pongs.discard(session)
        self._caps.leave(session.request.client[0])
