"""The storage port over SQLite: the SQL that all engines share, and SQLite's own parts."""

from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from backchannel.storage.sql import accounts, erasure_records, logins
from backchannel.storage.sql.database import Database, Transaction, Work
from backchannel.storage.sql.sqlite import scrubbing
from backchannel.storage.sql.sqlite.index import INDEX
from backchannel.storage.sql.storage import SqlStorage

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseFile(Database, Protocol):
    """A database in a file, which may become full and can be overwritten."""

    async def write(self, work: Work[T], /, *, essential: bool = False) -> T:
        """Like any database; `essential` work may use the reserved space (rule R10)."""
        ...

    async def copy_log(self) -> None:
        """Copy pages from the log into the file, so that no write has to. Raises `Unavailable`."""
        ...

    async def overwrite_unused(self) -> None:
        """Overwrite unused bytes, so that nothing of deleted or replaced data is left.

        Raises `Unavailable` if that could not be done.
        """
        ...


def _essential(
    function: Callable[Concatenate[Transaction, P], Awaitable[T]],
) -> "Callable[Concatenate[SqliteStorage, P], CoroutineType[Any, Any, T]]":
    """A method that calls the function in one transaction, also on a full disk."""

    async def method(self: "SqliteStorage", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.file.write(lambda tx: function(tx, *args, **kwargs), essential=True)

    return cast("Callable[..., Any]", method)


class SqliteStorage(SqlStorage):
    """The ports document these methods.

    Logins, their ends and erasures write little, and must work on a full disk.
    """

    def __init__(self, file: DatabaseFile) -> None:
        super().__init__(file, INDEX)
        self.file = file

    set_password = _essential(accounts.set_password)
    set_disabled = _essential(accounts.set_disabled)
    create_login = _essential(logins.create_login)
    rotate_login = _essential(logins.rotate_login)
    end_logins = _essential(logins.end_logins)
    request_erasure = _essential(erasure_records.request_erasure)

    async def scrub(self) -> None:
        while await self.file.write(scrubbing.forget_stale):
            pass
        await self.file.write(scrubbing.begin_merge)
        merge = scrubbing.Merge()
        while await self.file.write(merge.step):
            if merge.fills_log():
                await self.file.copy_log()
        await self.file.overwrite_unused()
