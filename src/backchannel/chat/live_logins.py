"""The live logins: cached for a moment, and forgotten at once when they end (S1)."""

from collections.abc import Iterable, Sequence
from typing import Any

from backchannel.domain.users import Login
from backchannel.ports.bus import Bus
from backchannel.ports.clock import Clock
from backchannel.ports.storage import Accounts

TRUSTED_SECONDS = 0.5
"""The cache time of the database's answer: half of the second that S1 allows."""


class LiveLogins:
    """Answers "does this login still count?" without a query for each request.

    Remembers at most `size` logins, and as many that have ended.
    """

    def __init__(self, storage: Accounts, bus: Bus, clock: Clock, *, size: int = 10_000) -> None:
        self._storage = storage
        self._clock = clock
        self._size = size
        self._live: dict[str, tuple[str, float]] = {}
        self._ended: dict[str, None] = {}
        bus.listen_ended(self._forget)

    async def is_live(self, login_id: str, user_id: str) -> bool:
        """True if this login of this user has neither ended nor expired."""
        owner, trusted_until = self._live.get(login_id, ("", 0.0))
        if owner == user_id and self._clock.monotonic() < trusted_until:
            return True
        if login_id in self._ended:
            return False
        return self._learn(await self._storage.login(login_id), user_id)

    def unknown(self, login_ids: Iterable[str]) -> list[str]:
        """Those of `login_ids` of whose end this process has not heard."""
        return [login_id for login_id in login_ids if login_id not in self._ended]

    def _learn(self, login: Login | None, user_id: str) -> bool:
        if login is None or login.user_id != user_id:
            return False
        # It may have ended while the database was answering.
        if login.ended_at is not None or login.id in self._ended:
            return False
        if login.expires_at <= self._clock.now():
            return False
        _make_room(self._live, self._size)
        self._live[login.id] = (user_id, self._clock.monotonic() + TRUSTED_SECONDS)
        return True

    def _forget(self, login_ids: Sequence[str]) -> None:
        for login_id in login_ids:
            self._live.pop(login_id, None)
            _make_room(self._ended, self._size)
            self._ended[login_id] = None


def _make_room(remembered: dict[str, Any], size: int) -> None:
    while len(remembered) >= size:
        del remembered[next(iter(remembered))]
