"""The members' marks: how far each has received and read a conversation."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import BigInteger, Text, case, select, update

from backchannel.domain.conversations import Receipt
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.locked_conversations import RESTRICTIONS
from backchannel.storage.sql.parameters import rows_parameter
from backchannel.storage.sql.privacy import hiding
from backchannel.storage.sql.schema import account, conversation, member


class MemberMarks(msgspec.Struct):
    """A member's marks, while they are moved."""

    account: int
    conversation: int
    user_id: str
    conversation_id: str
    peer_id: str
    last_seq: int
    updated_at: int
    delivered_seq: int
    read_seq: int
    read_count: int
    other_count: int
    told_delivered_seq: int
    told_read_seq: int
    settings: str
    restrictions: int
    """The number of blocks, and a message request; with any, no mark is sent."""
    asked: int | None
    """The number of the member who has not accepted the message request."""
    hiding: int
    """The number of members who hide read receipts; with any, no read mark is sent."""

    @property
    def is_peer_current(self) -> bool:
        """True if the other member has been sent all of these marks that they may know."""
        told = self.told_delivered_seq, self.told_read_seq
        return told == (self.delivered_seq, self._shown_read_seq)

    @property
    def is_news(self) -> bool:
        """True if the other member has to be notified."""
        return not self.restrictions and not self.is_peer_current

    @property
    def _shown_read_seq(self) -> int:
        return self.told_read_seq if self.hiding else self.read_seq

    def receipt(self) -> Receipt:
        """The receipt for the member's own devices."""
        return Receipt(self.conversation_id, self.user_id, self.delivered_seq, self.read_seq)

    def receipt_for_peer(self) -> Receipt:
        """The receipt for the other member."""
        seqs = self.delivered_seq, self._shown_read_seq
        return Receipt(self.conversation_id, self.user_id, *seqs)

    def note_told(self) -> None:
        """Record that the other member has been sent the marks that they may know."""
        if not self.restrictions:
            self.told_delivered_seq, self.told_read_seq = self.delivered_seq, self._shown_read_seq


_is_first = conversation.c.first == member.c.account
_MARKS = select(
    member.c.account,
    member.c.conversation,
    case((_is_first, conversation.c.first_id), else_=conversation.c.second_id),
    conversation.c.id,
    case((_is_first, conversation.c.second_id), else_=conversation.c.first_id),
    conversation.c.last_seq,
    conversation.c.updated_at,
    member.c.delivered_seq,
    member.c.read_seq,
    member.c.read_count,
    case((_is_first, conversation.c.second_count), else_=conversation.c.first_count),
    member.c.told_delivered_seq,
    member.c.told_read_seq,
    member.c.settings,
    RESTRICTIONS,
    conversation.c.asked,
    hiding("receipts_audience"),
).join(conversation, conversation.c.number == member.c.conversation)

_named = rows_parameter("named", user_id=Text, conversation_id=Text)
MARKS_BY_NAME = _MARKS.join(account, account.c.number == member.c.account).join(
    _named.table,
    (account.c.id == _named["user_id"]) & (conversation.c.id == _named["conversation_id"]),
)
_numbered = rows_parameter("numbered", account=BigInteger, conversation=BigInteger)
MARKS_BY_NUMBER = _MARKS.join(
    _numbered.table,
    (member.c.account == _numbered["account"])
    & (member.c.conversation == _numbered["conversation"]),
)

_MOVED_COLUMNS = (
    "delivered_seq",
    "read_seq",
    "read_count",
    "told_delivered_seq",
    "told_read_seq",
)
_marks = rows_parameter(
    "marks",
    account=BigInteger,
    conversation=BigInteger,
    **dict.fromkeys(_MOVED_COLUMNS, BigInteger),
)
MOVE_MARKS = (
    update(member)
    .values({name: _marks[name] for name in _MOVED_COLUMNS})
    .where(member.c.account == _marks["account"], member.c.conversation == _marks["conversation"])
)


async def move(transaction: Transaction, members: Iterable[MemberMarks]) -> None:
    """Store the marks as they are now, and those that the other members have been sent."""
    rows: list[tuple[int, ...]] = []
    for each in members:
        each.note_told()
        marks = each.delivered_seq, each.read_seq, each.read_count
        told = each.told_delivered_seq, each.told_read_seq
        rows.append((each.account, each.conversation, *marks, *told))
    await transaction.execute(MOVE_MARKS, marks=rows)
