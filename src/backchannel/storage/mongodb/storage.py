"""The storage port over MongoDB: each method is one transaction, or one reading."""

from collections.abc import Callable, Sequence
from functools import partial

from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.messages import Draft, Message
from backchannel.ports.search import Found
from backchannel.ports.storage import Acknowledgement, Changed, Gather, LogPage, ReadMark, Stored
from backchannel.storage.mongodb import append, changes, log, messages, receipts, search
from backchannel.storage.mongodb.account_storage import MongoAccounts
from backchannel.storage.mongodb.conversation_storage import MongoConversations
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.file_storage import MongoErasures, MongoFiles


class MongoMessages:
    """Messages and logs; `ports.storage.Messages` says what each method promises."""

    def __init__(self, database: MongoDatabase) -> None:
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
        return await self._database.read(
            lambda view: messages.read_message(view, conversation_id, seq)
        )

    async def message_by_id(self, message_id: str) -> Message | None:
        return await self._database.read(lambda view: messages.read_message_by_id(view, message_id))

    async def history(
        self,
        conversation_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
    ) -> list[Message]:
        return await self._database.read(
            lambda view: messages.read_history(
                view, conversation_id, before=before, after=after, limit=limit
            )
        )

    async def standing(
        self, conversation_id: str, *, before: int | None, limit: int
    ) -> list[Message]:
        return await self._database.read(
            lambda view: messages.read_standing(view, conversation_id, before=before, limit=limit)
        )

    async def log(self, user_id: str, *, after: int, limit: int) -> LogPage:
        return await self._database.read(
            lambda view: log.read_log(view, user_id, after=after, limit=limit)
        )

    async def heads(self, user_ids: Sequence[str]) -> dict[str, LogHead]:
        return await self._database.read(lambda view: log.read_heads(view, user_ids))

    async def delivered_position(self, user_id: str) -> int:
        return await self._database.read(lambda view: log.read_delivered_position(view, user_id))

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> list[Event]:
        return await self._database.write(lambda tx: receipts.acknowledge(tx, acknowledgements))

    async def mark_read(self, marks: Sequence[ReadMark]) -> list[Event]:
        return await self._database.write(lambda tx: receipts.mark_read(tx, marks))

    async def trim_logs(self, *, before: int, keep: int) -> int:
        total = 0
        after: str | None = ""
        while after is not None:
            page = partial(log.trim_page, after=after, before=before, keep=keep)
            gone, after = await self._database.write(page)
            total += gone
        return total


class MongoStorage(MongoAccounts, MongoMessages, MongoConversations, MongoFiles, MongoErasures):
    """A storage over an open database of the current schema."""

    async def search(
        self,
        user_id: str,
        terms: Sequence[str],
        *,
        conversation_id: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Found:
        return await self._database.read(
            lambda view: search.search(
                view, user_id, terms, conversation_id=conversation_id, before=before, limit=limit
            )
        )

    async def begin_epochs(self) -> int:
        """Give every log a new epoch, a page at a time; how many there are."""
        total = 0
        after: str | None = ""
        while after is not None:
            begun, after = await self._database.write(partial(log.begin_epochs, after=after))
            total += begun
        return total

    async def check(self) -> None:
        await self._database.check()

    async def close(self) -> None:
        await self._database.close()
