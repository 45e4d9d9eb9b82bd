"""Finding the times of a message's receipts in the log of its sender.

The log has an entry for each advance of the reader's marks, and each entry has a time, so no time
is stored for a message. The entry of the message itself is found by bisection, as the times of new
messages rise with their positions; the receipts that cover the message follow it.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from backchannel.domain.conversations import Receipt, ReceiptTimes
from backchannel.domain.messages import Message

PAGE = 1_000
"""Positions of the log that are read at once."""
MOST_PAGES = 20
"""Pages read to find a receipt: one that comes later is not found."""

_decoder = msgspec.json.Decoder(Receipt)


class LoggedMessage(msgspec.Struct, gc=False):
    """The entry of a new message."""

    position: int
    at: int


class LoggedReceipt(msgspec.Struct, gc=False):
    """The entry of a receipt, whose content is JSON text."""

    data: str
    at: int


class SenderLog(Protocol):
    """The log of a message's sender."""

    floor: int
    position: int

    async def message_from(self, position: int) -> LoggedMessage | None:
        """The first entry of a new message at `position` or after it."""
        ...

    async def receipts(self, after: int, last: int) -> Sequence[LoggedReceipt]:
        """The receipts past `after`, up to `last`, in their order."""
        ...


async def find_times(log: SenderLog, message: Message) -> ReceiptTimes:
    """The times of the first receipts that cover the message."""
    start = await _position_at(log, message.created_at)
    delivered_at: int | None = None
    for after in range(start, min(start + MOST_PAGES * PAGE, log.position), PAGE):
        for entry in await log.receipts(after, after + PAGE):
            receipt = _decoder.decode(entry.data)
            if not _is_of(receipt, message):
                continue
            if delivered_at is None and receipt.delivered_seq >= message.seq:
                delivered_at = entry.at
            if receipt.read_seq >= message.seq:
                return ReceiptTimes(delivered_at, entry.at)
    return ReceiptTimes(delivered_at)


def _is_of(receipt: Receipt, message: Message) -> bool:
    return (receipt.conversation_id, receipt.user_id) == (
        message.conversation_id,
        message.recipient_id,
    )


async def _position_at(log: SenderLog, at: int) -> int:
    """A position before all new messages of that time and later."""
    low, high = log.floor, log.position
    while low < high:
        middle = (low + high) // 2
        entry = await log.message_from(middle + 1)
        if entry is not None and entry.position <= high and entry.at < at:
            low = entry.position
        else:
            high = middle
    return low
