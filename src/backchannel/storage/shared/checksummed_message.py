"""Stored messages with checksums, which detect damage on the disk (rule R18).

A checksum covers the fields of a message that only an edit changes. It includes the ids as text,
so that a message joined to the wrong conversation is detected, too. Deleted messages, and messages
that were stored before checksums were introduced, are not checked.
docs/decisions/0014-messages-carry-a-checksum.md
"""

import logging
from collections.abc import Iterable
from zlib import crc32

import msgspec

from backchannel.domain.messages import Draft, Message, MessageKind, fingerprint

DAMAGED = "This message is damaged on the server's disk and cannot be shown."
"""The text shown in the place of a damaged message."""

_logger = logging.getLogger("backchannel.storage")


class ChecksummedMessage(Message, frozen=True, gc=False):
    """A message as read from the database, with its stored checksum; None if it has none."""

    checksum: int | None = None


class Original(ChecksummedMessage, frozen=True):
    """A stored message; `fingerprint` is of its content as sent, if that has changed since."""

    fingerprint: str | None = None


def content_of(message: Draft | Message) -> tuple[str, str, int | None, str, str]:
    """The fields that must be the same when a message is sent again (rule R2)."""
    return (
        message.conversation_id,
        message.kind,
        message.reply_to,
        message.body,
        message.files,
    )


def is_same(draft: Draft, original: Original) -> bool:
    """True if the draft has the content with which the original was sent."""
    if original.fingerprint is not None:
        return original.fingerprint == fingerprint(*content_of(draft))
    return content_of(draft) == content_of(original)


def checksum(content: Draft | Message, *, seq: int, message_id: str, created_at: int) -> int:
    """The CRC-32 of a message; for a draft, with the values that it will be stored with."""
    return crc32(
        f"{content.conversation_id}\n{seq}\n{message_id}\n{content.sender_id}\n{content.kind}"
        f"\n{created_at}\n{content.reply_to}\n{content.files}\n{content.body}".encode()
    )


def checksum_of(message: Message) -> int:
    """The checksum that an undamaged message has."""
    return checksum(message, seq=message.seq, message_id=message.id, created_at=message.created_at)


def is_intact(stored: ChecksummedMessage) -> bool:
    """False if the checksum shows damage; True for messages that are not checked."""
    unchecked = stored.checksum is None or stored.deleted_at is not None
    return unchecked or stored.checksum == checksum_of(stored)


def verified(stored: ChecksummedMessage) -> Message:
    """The message, or a placeholder with the text `DAMAGED` if it is damaged."""
    message = Message(*msgspec.structs.astuple(stored)[: len(Message.__struct_fields__)])
    if is_intact(stored):
        return message
    _logger.error("message %d of conversation %s is damaged", stored.seq, stored.conversation_id)
    return msgspec.structs.replace(
        message, kind=MessageKind.FAILURE.value, body=DAMAGED, files="", reactions=""
    )


def stands_for_damaged(message: Message) -> bool:
    """True for a placeholder that `verified` returned for a damaged message."""
    return message.kind == MessageKind.FAILURE.value and message.body == DAMAGED


def all_verified(rows: Iterable[ChecksummedMessage]) -> list[Message]:
    """Each of the messages, or its placeholder."""
    return [verified(row) for row in rows]
