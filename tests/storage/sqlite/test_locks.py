"""R4, R7: a transaction locks all users it concerns before it reads or writes anything else."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from backchannel.storage.opening import open_storage
from backchannel.storage.sql.database import BoundQuery, Transaction
from backchannel.storage.sql.locks import LockedUser
from tests.storage.writes import WRITES, do, make_context

T = TypeVar("T")


class Recording:
    """A transaction that checks what it locks, and when."""

    reads_in_steps = True

    def __init__(self, transaction: Transaction) -> None:
        self._transaction: Any = transaction
        self._locked: set[str] | None = None
        self._wrote = False

    async def fetch(self, query: Any, row: type[T], /, **parameters: object) -> list[T]:
        found: list[T] = await self._transaction.fetch(query, row, **parameters)
        self._note(found)
        return found

    async def fetch_together(self, *queries: BoundQuery[Any]) -> tuple[list[Any], ...]:
        found: tuple[list[Any], ...] = await self._transaction.fetch_together(*queries)
        for each in found:
            self._note(each)
        return found

    async def execute(self, change: Any, /, **parameters: object) -> int:
        self._wrote = True
        count: int = await self._transaction.execute(change, **parameters)
        return count

    async def insert(self, table: Any, columns: Any, rows: Any, /, **same: object) -> None:
        self._wrote = True
        await self._transaction.insert(table, columns, rows, **same)

    def _note(self, found: list[Any]) -> None:
        ids = {each.id for each in found if isinstance(each, LockedUser)}
        if not ids:
            return
        if self._locked is None:
            assert not self._wrote, "something was written before any user was locked"
            self._locked = ids
        assert ids <= self._locked, "a user was locked later than the others"


@pytest.mark.parametrize("name", WRITES)
async def test_R4_the_first_statement_of_a_write_locks_all_its_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    context = await make_context(storage, Random(7))
    for before in ("append", "upload", "append_file", "create_session"):
        await do(WRITES[before], storage, context)
    database: Any = storage.database  # type: ignore[attr-defined]
    write = database.write

    async def recorded(work: Callable[[Any], Awaitable[T]], **options: Any) -> T:
        done: T = await write(lambda tx: work(Recording(tx)), **options)
        return done

    monkeypatch.setattr(database, "write", recorded)
    for _ in range(5):
        await do(WRITES[name], storage, context)
    monkeypatch.undo()
    await storage.close()
