"""The times of receipts, from the log of the sender."""

from collections.abc import Sequence

from backchannel.domain.conversations import ReceiptTimes
from backchannel.domain.events import EventKind
from backchannel.domain.messages import Message
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import Document, EntryKey
from backchannel.storage.mongodb.reader import ASCENDING, PAST_THE_END, View, between, get_one
from backchannel.storage.mongodb.schema import LOG, USERS
from backchannel.storage.shared.methods import StorageMethods, reading
from backchannel.storage.shared.receipt_times import LoggedMessage, LoggedReceipt, find_times


class _Entry(Document):
    id: EntryKey
    at: int
    data: str | None = None


class _SenderLog:
    def __init__(self, view: View, user: UserDocument) -> None:
        self._view = view
        self._user_id = user.id
        self.floor = user.floor
        self.position = user.position

    async def message_from(self, position: int) -> LoggedMessage | None:
        entries = await self._entries(
            EventKind.MESSAGE, after=position - 1, before=PAST_THE_END, limit=1
        )
        return LoggedMessage(entries[0].id.position, entries[0].at) if entries else None

    async def receipts(self, after: int, last: int) -> Sequence[LoggedReceipt]:
        entries = await self._entries(EventKind.RECEIPT, after=after, before=last + 1)
        return [LoggedReceipt(each.data, each.at) for each in entries if each.data is not None]

    async def _entries(
        self, kind: EventKind, *, after: int, before: int, limit: int | None = None
    ) -> list[_Entry]:
        keys = between(EntryKey(self._user_id, after), EntryKey(self._user_id, before))
        query = {"_id": keys, "kind": kind.value}
        order = [("_id", ASCENDING)]
        return await self._view.rows(LOG, _Entry, query, order=order, limit=limit)


async def read_receipt_times(view: View, message: Message) -> ReceiptTimes:
    """Implements `ports.storage.Messages.receipt_times`."""
    user = await get_one(view, USERS, message.sender_id)
    return ReceiptTimes() if user is None else await find_times(_SenderLog(view, user), message)


class ReceiptTimeMethods(StorageMethods[MongoDatabase]):
    """Times of receipts; `ports.storage.Messages` documents the method."""

    receipt_times = reading(read_receipt_times)
