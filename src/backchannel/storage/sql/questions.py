"""Questions: what was said to the responder and has no answer yet."""

from sqlalchemy import BigInteger, delete, select, tuple_

from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Draft, Message
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.parameters import given, parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import message, question

UNANSWERED = (
    select(*KEPT_COLUMNS)
    .select_from(
        MESSAGES.join(
            question,
            (question.c.conversation == message.c.conversation) & (question.c.seq == message.c.seq),
        )
    )
    .where(message.c.deleted_at.is_(None), message.c.id > parameter("after"))
    .order_by(message.c.id)
    .limit(parameter("limit"))
)
_settled = given("settled", conversation=BigInteger, seq=BigInteger)
SETTLE = delete(question).where(
    tuple_(question.c.conversation, question.c.seq).in_(
        select(_settled["conversation"], _settled["seq"])
    )
)
FORGET_ALL = delete(question).where(question.c.conversation == parameter("place"))

Place = tuple[int, int]
"""A conversation's number and a `seq`."""


class Questions:
    """The questions and answers of a batch; most batches have none."""

    def __init__(self) -> None:
        self._asked: list[Place] = []
        self._settled: list[Place] = []

    def add(self, draft: Draft, place: int, seq: int) -> None:
        """Note that the draft, now a message at that place, asks or answers."""
        if draft.recipient_id == RESPONDER_ID:
            self._asked.append((place, seq))
        elif draft.sender_id == RESPONDER_ID and draft.reply_to is not None:
            self._settled.append((place, draft.reply_to))

    async def write(self, connection: Connection) -> None:
        """Store what was added."""
        if self._asked:
            await connection.insert(question, ("conversation", "seq"), sorted(self._asked))
        if self._settled:
            await connection.execute(SETTLE, settled=self._settled)


async def read_unanswered(connection: Connection, *, after: str, limit: int) -> list[Message]:
    """Implements `ports.storage.Conversations.unanswered`."""
    return await fetch_messages(connection, UNANSWERED, after=after, limit=limit)


async def forget_all(connection: Connection, place: int) -> None:
    """Remove all unanswered questions of a conversation."""
    await connection.execute(FORGET_ALL, place=place)
