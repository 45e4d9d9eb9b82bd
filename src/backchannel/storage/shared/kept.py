"""Messages as they are kept, with checksums by which damage on the disk is found (rule R18).

A checksum covers what a message says and to whom, which only an edit changes: the texts of the ids
included, so that a message that is joined to the wrong conversation is found, too. Deleted messages
say nothing and are not checked, nor are those from before there were checksums.
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


class Kept(Message, frozen=True, gc=False):
    """A message as it lies on the disk, with the checksum that it must have."""

    checksum: int | None = None


class Original(Kept, frozen=True):
    """A message, and what it was when it was sent if that has changed since."""

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
    """True if the draft is what was sent when the original was."""
    if original.fingerprint is not None:
        return original.fingerprint == fingerprint(*content_of(draft))
    return content_of(draft) == content_of(original)


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
