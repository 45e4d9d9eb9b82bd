"""Checksums of messages, by which damage on the disk is found (rule R18).

It covers what a message says and to whom, which only an edit changes: the texts of the ids
included, so that a message that is joined to the wrong conversation is found, too. Deleted messages
say nothing and are not checked, nor are those from before there were checksums.
docs/decisions/0014-messages-carry-a-checksum.md
"""

import logging
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec
from sqlalchemy import SelectBase

from backchannel.domain.messages import Draft, Message, MessageKind
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.rows import Kept

DAMAGED = "This message is damaged on the server's disk and cannot be shown."
"""The text shown in the place of a damaged message."""

_logger = logging.getLogger("backchannel.storage")


def checksum(content: Draft | Message, *, seq: int, message_id: str, created_at: int) -> int:
    """The CRC-32 of a message that is, or becomes, `seq` of its conversation."""
    return crc32(
        f"{content.conversation_id}\n{seq}\n{message_id}\n{content.sender_id}\n{content.kind}"
        f"\n{created_at}\n{content.reply_to}\n{content.files}\n{content.body}".encode()
    )


def checksum_of(message: Message) -> int:
    """The checksum that belongs to a message."""
    return checksum(message, seq=message.seq, message_id=message.id, created_at=message.created_at)


def is_whole(kept: Kept) -> bool:
    """True unless the checksum shows that a message is not what was stored."""
    unchecked = kept.checksum is None or kept.deleted_at is not None
    return unchecked or kept.checksum == checksum_of(kept)


def verified(kept: Kept) -> Message:
    """The message, or what is shown in its place if it is damaged."""
    message = Message(*msgspec.structs.astuple(kept)[: len(Message.__struct_fields__)])
    if is_whole(kept):
        return message
    _logger.error("message %d of conversation %s is damaged", kept.seq, kept.conversation_id)
    return msgspec.structs.replace(
        message, kind=MessageKind.FAILURE.value, body=DAMAGED, files="", reactions=""
    )


def all_verified(rows: Iterable[Kept]) -> list[Message]:
    """Each of the messages, or what is shown in its place."""
    return [verified(row) for row in rows]


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
