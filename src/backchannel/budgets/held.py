"""Bytes that are held in memory, bounded per key and in all."""

from collections.abc import Generator
from contextlib import contextmanager

from backchannel.domain.errors import Overloaded


class HeldBytes:
    """Counts the bytes that each key holds, such as the answers a user has not read yet."""

    def __init__(
        self,
        per_key: int,
        in_all: int,
        *,
        refusal: str = "too much is being handled",
    ) -> None:
        self._per_key = per_key
        self._in_all = in_all
        self._refusal = refusal
        self._held: dict[str, int] = {}
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes held by all keys."""
        return self._total

    def of(self, key: str) -> int:
        """Bytes held by `key`."""
        return self._held.get(key, 0)

    def hold(self, key: str, size: int) -> None:
        """Count `size` bytes as held until they are released. Raises `Overloaded`."""
        held = self._held.get(key, 0) + size
        if held > self._per_key or self._total + size > self._in_all:
            raise Overloaded(f"{self._refusal}; try again in a moment", retry_after=1.0)
        self._held[key] = held
        self._total += size

    def release(self, key: str, size: int) -> None:
        """Give back bytes that were held."""
        rest = self._held[key] - size
        if rest:
            self._held[key] = rest
        else:
            del self._held[key]
        self._total -= size

    @contextmanager
    def holding(self, key: str, size: int) -> Generator[None]:
        """Hold `size` bytes for as long as the block runs. Raises `Overloaded`."""
        self.hold(key, size)
        try:
            yield
        finally:
            self.release(key, size)
