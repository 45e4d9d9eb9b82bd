"""The password port."""

from typing import Protocol


class Passwords(Protocol):
    """Slow hashes of passwords, made off the event loop, a bounded number at a time (S7)."""

    async def hash(self, password: str) -> str:
        """Raises `Overloaded` when too many are waiting."""
        ...

    async def verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        """Return whether they match, and a new hash if the stored one is of an older kind.

        Raises `Overloaded` when too many are waiting.
        """
        ...

    async def waste(self, password: str) -> None:
        """Take as long as `verify`, so that time does not tell unknown accounts (S10)."""
        ...
