"""The storage port over SQLite: the SQL that all engines share, and what is SQLite's own."""

from typing import Protocol, TypeVar

from backchannel.domain.erasures import Erasure
from backchannel.domain.users import Login
from backchannel.ports.storage import Requested
from backchannel.storage.sql import accounts, erasures, logins
from backchannel.storage.sql.database import Database, Work
from backchannel.storage.sql.sqlite import purging
from backchannel.storage.sql.sqlite.search import INDEX
from backchannel.storage.sql.storage import SqlStorage

T = TypeVar("T")


class File(Database, Protocol):
    """A database in a file, which may become full and can be written afresh."""

    async def write(self, work: Work[T], /, *, vital: bool = False) -> T:
        """Like any database; `vital` work may use the reserved space (rule R10)."""
        ...

    async def rewrite(self) -> None:
        """Write the file afresh, so that nothing stays of what was deleted or replaced.

        Raises `Unavailable` where that could not be done; nothing has changed then.
        """
        ...


class SqliteStorage(SqlStorage):
    """The ports say what these methods promise.

    What lets people in and out is small and must work on a full disk.
    """

    def __init__(self, file: File) -> None:
        super().__init__(file, INDEX)
        self._file = file

    async def set_password(self, user_id: str, password_hash: str, *, at: int) -> None:
        await self._file.write(
            lambda tx: accounts.set_password(tx, user_id, password_hash, at=at), vital=True
        )

    async def set_disabled(self, user_id: str, *, at: int | None) -> None:
        await self._file.write(lambda tx: accounts.set_disabled(tx, user_id, at=at), vital=True)

    async def create_login(self, login: Login) -> None:
        await self._file.write(lambda tx: logins.create_login(tx, login), vital=True)

    async def rotate_login(
        self, login_id: str, *, generation: int, at: int, until: int
    ) -> Login | None:
        return await self._file.write(
            lambda tx: logins.rotate_login(tx, login_id, generation=generation, at=at, until=until),
            vital=True,
        )

    async def end_logins(
        self, user_id: str, *, login_id: str | None = None, keep: str | None = None, at: int
    ) -> list[str]:
        return await self._file.write(
            lambda tx: logins.end_logins(tx, user_id, login_id=login_id, keep=keep, at=at),
            vital=True,
        )

    async def request_erasure(self, erasure: Erasure) -> Requested:
        return await self._file.write(lambda tx: erasures.request_erasure(tx, erasure), vital=True)

    async def scrub(self) -> None:
        while await self._database.write(purging.forget_stale):
            pass
        await self._database.write(purging.begin_merge)
        while await self._database.write(purging.merge_some):
            pass
        await self._file.rewrite()
