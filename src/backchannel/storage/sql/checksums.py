"""Reading messages with a look at their checksums (rule R18)."""

from typing import Any

from sqlalchemy import SelectBase

from backchannel.domain.messages import Message, MessageKind
from backchannel.storage.shared.kept import DAMAGED, Kept, all_verified
from backchannel.storage.sql.database import Connection


async def fetch_messages(
    connection: Connection, query: SelectBase, /, **parameters: Any
) -> list[Message]:
    """The messages of a query, whose columns are `rows.KEPT_COLUMNS`. Raises `Unreadable`."""
    return all_verified(await connection.fetch(query, Kept, **parameters))


def unreadable(
    conversation_id: str, seq: int, *, sender_id: str, recipient_id: str, at: int
) -> Message:
    """A stand-in for a message of which nothing can be read."""
    name = f"damaged-{conversation_id[:32]}-{seq}"
    return Message(
        conversation_id=conversation_id,
        seq=seq,
        id=name,
        sender_id=sender_id,
        recipient_id=recipient_id,
        client_id=name,
        kind=MessageKind.FAILURE.value,
        body=DAMAGED,
        created_at=at,
    )
