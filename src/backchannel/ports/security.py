"""Ports of security: the clock, passwords, tokens, seals and the throttle."""

from typing import Protocol

import msgspec


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since 1970, UTC: for people and for expiry, never for order (R11)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump: for intervals and deadlines."""
        ...


class Passwords(Protocol):
    """Slow hashes of passwords, made off the event loop, a bounded number at a time (S7)."""

    async def hash(self, password: str) -> str:
        """Raises `Overloaded` when too many are waiting."""
        ...

    async def verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        """Return True if they match, and a new hash if the stored one is of an older kind.

        Raises `Overloaded` when too many are waiting.
        """
        ...

    async def dummy_verify(self, password: str) -> None:
        """Take as long as `verify`, so that the time does not reveal unknown accounts (S10)."""
        ...


class Seals(Protocol):
    """Signs statements: only a holder of the server's secret can make the seal of one."""

    def seal(self, statement: bytes) -> str: ...

    def is_genuine(self, statement: bytes, seal: str) -> bool:
        """True if this server, with its current secret, sealed this statement."""
        ...


class Throttle(Protocol):
    async def admit(self, *keys: str) -> None:
        """Count one attempt against each key, such as `login:account:ada`.

        Raises `Throttled` with `retry_after` in seconds; then nothing is counted, so waiting
        that long is always enough.
        """
        ...

    async def reset(self, *keys: str) -> None:
        """Forget the attempts of these keys: the right password was given."""
        ...

    async def refund(self, *keys: str) -> None:
        """Give back one attempt of each key: it did no harm."""
        ...


class Claims(msgspec.Struct, frozen=True):
    """The claims of a valid token. `expires_at` is in milliseconds since 1970.

    `generation` is a refresh token's place in its family; an access token has none.
    """

    user_id: str
    login_id: str
    username: str
    expires_at: int
    generation: int | None = None


class Tokens(Protocol):
    def issue_access(self, user_id: str, login_id: str, username: str) -> tuple[str, Claims]: ...

    def issue_refresh(
        self,
        user_id: str,
        login_id: str,
        username: str,
        *,
        generation: int,
        issued_at: int,
        expires_at: int,
    ) -> str:
        """The login's refresh token of a generation: the same at each call."""
        ...

    def read_access(self, token: str) -> Claims:
        """Raises `TokenExpired` or `Unauthenticated`; a refresh token is refused."""
        ...

    def read_refresh(self, token: str) -> Claims:
        """Raises `TokenExpired` or `Unauthenticated`; an access token is refused."""
        ...
