"""Databases that tests use one after the other, because making one takes a second."""

from collections.abc import Awaitable, Callable
from pathlib import Path


class DatabasePool:
    """Assigns a database to each folder, and reuses databases once they are empty again."""

    def __init__(
        self, make: Callable[[], Awaitable[str]], empty: Callable[[str], Awaitable[bool]]
    ) -> None:
        """`make` returns the name of a new database with all tables.

        `empty` deletes the rows of a database; False if a test has changed more than rows.
        """
        self._make = make
        self._empty = empty
        self._taken: dict[str, str] = {}
        self._lasting: set[str] = set()
        self._free: list[str] = []

    async def take(self, folder: Path, *, lasting: bool) -> str:
        """The database of a folder; a `lasting` one is kept for the folder until the tests end."""
        key = str(folder)
        if lasting:
            self._lasting.add(key)
        if key not in self._taken:
            self._taken[key] = self._free.pop() if self._free else await self._make()
        return self._taken[key]

    async def give_back(self) -> set[str]:
        """Empty the databases of all folders; return the names of all usable ones."""
        for folder in self._taken.keys() - self._lasting:
            name = self._taken.pop(folder)
            if await self._empty(name):
                self._free.append(name)
        return {*self._free, *self._taken.values()}
