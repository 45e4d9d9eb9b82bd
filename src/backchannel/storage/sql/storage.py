"""The storage port over any SQL database: each method is one transaction."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.messages import Draft, Message
from backchannel.domain.users import Account, Login, User
from backchannel.ports.search import Found
from backchannel.ports.storage import Acknowledgement, Changed, Gather, LogPage, ReadMark, Stored
from backchannel.storage.sql import (
    accounts,
    append,
    changes,
    delivered,
    invitations,
    log,
    logins,
    messages,
    reading,
    search,
    trimming,
)
from backchannel.storage.sql.conversation_storage import SqlConversations
from backchannel.storage.sql.database import Database
from backchannel.storage.sql.erasure_storage import SqlErasures
from backchannel.storage.sql.file_storage import SqlFiles
from backchannel.storage.sql.invitations import SqlInvitations
from backchannel.storage.sql.profiles import SqlProfiles
from backchannel.storage.sql.search import Index


class SqlAccounts(SqlProfiles):
    """Users and logins; `ports.storage.Accounts` says what each method promises."""

    async def create_user(self, account: Account, *, invitation: str | None = None) -> None:
        await self._database.write(lambda tx: invitations.create_invited(tx, account, invitation))

    async def account(self, user_id: str) -> Account | None:
        return await self._database.read(lambda tx: accounts.read_account(tx, user_id))

    async def account_by_username(self, username: str) -> Account | None:
        return await self._database.read(lambda tx: accounts.read_account_by_username(tx, username))

    async def account_by_email(self, email: str) -> Account | None:
        return await self._database.read(lambda tx: accounts.read_account_by_email(tx, email))

    async def users(self, user_ids: Sequence[str]) -> dict[str, User]:
        return await self._database.read(lambda tx: accounts.read_users(tx, user_ids))

    async def list_users(
        self, *, after: str | None, limit: int, search: str | None = None
    ) -> list[User]:
        return await self._database.read(
            lambda tx: accounts.list_users(tx, after=after, limit=limit, search=search)
        )

    async def set_password(self, user_id: str, password_hash: str, *, at: int) -> None:
        await self._database.write(
            lambda tx: accounts.set_password(tx, user_id, password_hash, at=at)
        )

    async def set_disabled(self, user_id: str, *, at: int | None) -> None:
        await self._database.write(lambda tx: accounts.set_disabled(tx, user_id, at=at))

    async def record_last_seen(self, seen: Mapping[str, int]) -> None:
        await self._database.write(lambda tx: accounts.record_last_seen(tx, seen))

    async def create_login(self, login: Login) -> None:
        await self._database.write(lambda tx: logins.create_login(tx, login))

    async def login(self, login_id: str) -> Login | None:
        return await self._database.read(lambda tx: logins.read_login(tx, login_id))

    async def logins(self, user_id: str, *, ended: bool = False) -> list[Login]:
        return await self._database.read(lambda tx: logins.read_logins(tx, user_id, ended=ended))

    async def rotate_login(
        self, login_id: str, *, generation: int, at: int, until: int
    ) -> Login | None:
        return await self._database.write(
            lambda tx: logins.rotate_login(tx, login_id, generation=generation, at=at, until=until)
        )

    async def end_logins(
        self, user_id: str, *, login_id: str | None = None, keep: str | None = None, at: int
    ) -> list[str]:
        return await self._database.write(
            lambda tx: logins.end_logins(tx, user_id, login_id=login_id, keep=keep, at=at)
        )

    async def logins_ended_since(self, at: int) -> list[str]:
        return await self._database.read(lambda tx: logins.read_ended_since(tx, at))


class SqlMessages:
    """Messages and logs; `ports.storage.Messages` says what each method promises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, drafts: Sequence[Draft], *, at: int) -> list[Stored | ChatError]:
        return await append.append(self._database, lambda: (drafts, at))

    async def append_gathered(self, gather: Gather) -> list[Stored | ChatError]:
        return await append.append(self._database, gather)

    async def change(
        self,
        conversation_id: str,
        seq: int,
        kind: EventKind,
        revise: Callable[[Message | None], Message],
    ) -> Changed:
        return await self._database.write(
            lambda tx: changes.change(tx, conversation_id, seq, kind, revise)
        )

    async def message(self, conversation_id: str, seq: int) -> Message | None:
        return await self._database.read(lambda tx: messages.read_message(tx, conversation_id, seq))

    async def message_by_id(self, message_id: str) -> Message | None:
        return await self._database.read(lambda tx: messages.read_message_by_id(tx, message_id))

    async def history(
        self,
        conversation_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
    ) -> list[Message]:
        return await self._database.read(
            lambda tx: messages.read_history(
                tx, conversation_id, before=before, after=after, limit=limit
            )
        )

    async def standing(
        self, conversation_id: str, *, before: int | None, limit: int
    ) -> list[Message]:
        return await self._database.read(
            lambda tx: messages.read_standing(tx, conversation_id, before=before, limit=limit)
        )

    async def log(self, user_id: str, *, after: int, limit: int) -> LogPage:
        return await self._database.read(
            lambda tx: log.read_log(tx, user_id, after=after, limit=limit)
        )

    async def heads(self, user_ids: Sequence[str]) -> dict[str, LogHead]:
        return await self._database.read(lambda tx: log.read_heads(tx, user_ids))

    async def delivered_position(self, user_id: str) -> int:
        return await self._database.read(lambda tx: log.read_delivered_position(tx, user_id))

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> list[Event]:
        return await self._database.write(lambda tx: delivered.acknowledge(tx, acknowledgements))

    async def mark_read(self, marks: Sequence[ReadMark]) -> list[Event]:
        return await self._database.write(lambda tx: reading.mark_read(tx, marks))

    async def trim_logs(self, *, before: int, keep: int) -> int:
        total = 0
        after: int | None = 0
        while after is not None:
            page = partial(trimming.trim_page, after=after, before=before, keep=keep)
            gone, after = await self._database.write(page)
            total += gone
        return total


class SqlStorage(SqlAccounts, SqlInvitations, SqlMessages, SqlConversations, SqlFiles, SqlErasures):
    """A storage over an open database of the current schema; engines add `scrub`."""

    def __init__(self, database: Database, index: Index) -> None:
        super().__init__(database)
        self._index = index

    async def search(
        self,
        user_id: str,
        terms: Sequence[str],
        *,
        conversation_id: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Found:
        """Implements `ports.search.Search`."""
        return await self._database.read(
            lambda tx: search.search(
                tx,
                self._index,
                user_id,
                terms,
                conversation_id=conversation_id,
                before=before,
                limit=limit,
            )
        )

    async def check(self) -> None:
        await self._database.check()

    async def close(self) -> None:
        await self._database.close()
