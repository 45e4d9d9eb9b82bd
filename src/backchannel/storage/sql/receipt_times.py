"""The times of receipts, from the log of the sender."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import or_, select

from backchannel.domain.conversations import ReceiptTimes
from backchannel.domain.events import EventKind
from backchannel.domain.messages import Message
from backchannel.storage.shared.methods import StorageMethods, reading
from backchannel.storage.shared.receipt_times import LoggedMessage, LoggedReceipt, find_times
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.log_writer import KIND_NUMBERS, OWN_MESSAGE
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import account, log, log_head

HEAD = (
    select(log_head.c.account, log_head.c.floor, log_head.c.position)
    .join(account, account.c.number == log_head.c.account)
    .where(account.c.id == parameter("user_id"))
)
MESSAGE_FROM = (
    select(log.c.position, log.c.at)
    .where(
        log.c.account == parameter("account"),
        log.c.position >= parameter("position"),
        or_(log.c.kind == KIND_NUMBERS[EventKind.MESSAGE], log.c.kind == OWN_MESSAGE),
    )
    .order_by(log.c.position)
    .limit(1)
)
RECEIPTS = (
    select(log.c.data, log.c.at)
    .where(
        log.c.account == parameter("account"),
        log.c.position > parameter("after"),
        log.c.position <= parameter("last"),
        log.c.kind == KIND_NUMBERS[EventKind.RECEIPT],
    )
    .order_by(log.c.position)
)


class _Head(msgspec.Struct):
    account: int
    floor: int
    position: int


class _SenderLog:
    def __init__(self, transaction: Transaction, head: _Head) -> None:
        self._transaction = transaction
        self._account = head.account
        self.floor = head.floor
        self.position = head.position

    async def message_from(self, position: int) -> LoggedMessage | None:
        found = await self._transaction.fetch(
            MESSAGE_FROM, LoggedMessage, account=self._account, position=position
        )
        return found[0] if found else None

    async def receipts(self, after: int, last: int) -> Sequence[LoggedReceipt]:
        return await self._transaction.fetch(
            RECEIPTS, LoggedReceipt, account=self._account, after=after, last=last
        )


async def read_receipt_times(transaction: Transaction, message: Message) -> ReceiptTimes:
    """Implements `ports.storage.Messages.receipt_times`."""
    heads = await transaction.fetch(HEAD, _Head, user_id=message.sender_id)
    if not heads:
        return ReceiptTimes()
    return await find_times(_SenderLog(transaction, heads[0]), message)


class ReceiptTimeMethods(StorageMethods[Database]):
    """Times of receipts; `ports.storage.Messages` documents the method."""

    receipt_times = reading(read_receipt_times)
