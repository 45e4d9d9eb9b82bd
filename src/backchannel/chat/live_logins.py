"""The live logins: cached for a moment, and forgotten at once when they end (S1)."""

from collections.abc import Iterable, Sequence
from typing import Any

from backchannel.domain.errors import Unavailable
from backchannel.domain.users import Login
from backchannel.ports.bus import Bus
from backchannel.ports.security import Clock
from backchannel.ports.storage import Accounts

TRUSTED_SECONDS = 0.5
"""The cache time of the database's answer: half of the second that S1 allows."""
OUTAGE_SECONDS = 300.0
"""The time for which a login stays valid after the database confirmed it, during an outage."""


class LiveLogins:
    """Knows the logins that are live, without a query for each request.

    Remembers at most `size` logins, and as many that have ended.
    """

    def __init__(self, storage: Accounts, bus: Bus, clock: Clock, *, size: int = 10_000) -> None:
        self._storage = storage
        self._clock = clock
        self._size = size
        self._live: dict[str, tuple[str, float]] = {}
        """The user of each login, and the monotonic time at which the database confirmed it."""
        self._ended: dict[str, None] = {}
        bus.listen_ended(self._forget)

    async def is_live(self, login_id: str, user_id: str, *, in_outage: bool = False) -> bool:
        """True if this login of this user has neither ended nor expired.

        Raises `Unavailable` if the database cannot be asked. With `in_outage`, a login that the
        database confirmed to this node in the last `OUTAGE_SECONDS` counts even then.
        """
        if self._confirmed(login_id, user_id, within=TRUSTED_SECONDS):
            return True
        if login_id in self._ended:
            return False
        try:
            login = await self._storage.login(login_id)
        except Unavailable:
            # While the database is unavailable no login can end; the bus has announced earlier
            # ends.
            if in_outage and self._confirmed(login_id, user_id, within=OUTAGE_SECONDS):
                return True
            raise
        return self._learn(login, user_id)

    def unknown(self, login_ids: Iterable[str]) -> list[str]:
        """Those of `login_ids` that this process does not know to have ended."""
        return [login_id for login_id in login_ids if login_id not in self._ended]

    def _confirmed(self, login_id: str, user_id: str, *, within: float) -> bool:
        owner, confirmed_at = self._live.get(login_id, ("", 0.0))
        return owner == user_id and self._clock.monotonic() < confirmed_at + within

    def _learn(self, login: Login | None, user_id: str) -> bool:
        if login is None or login.user_id != user_id:
            return False
        # It may have ended while the database was answering.
        if login.ended_at is not None or login.id in self._ended:
            return False
        if login.expires_at <= self._clock.now():
            return False
        _make_room(self._live, self._size)
        self._live[login.id] = (user_id, self._clock.monotonic())
        return True

    def _forget(self, login_ids: Sequence[str]) -> None:
        for login_id in login_ids:
            self._live.pop(login_id, None)
            _make_room(self._ended, self._size)
            self._ended[login_id] = None


def _make_room(remembered: dict[str, Any], size: int) -> None:
    while len(remembered) >= size:
        del remembered[next(iter(remembered))]
