"""Changing a message: an edit, a deletion, a reaction."""

from collections.abc import Callable

from sqlalchemy import select, update

from backchannel.domain.conversations import require_no_reaction
from backchannel.domain.errors import AccountDisabled, Blocked, Damaged
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.messages import Message, fingerprint
from backchannel.domain.revisions import reactions_by
from backchannel.ports.storage import Changed
from backchannel.storage.shared.checksummed_message import (
    Original,
    checksum_of,
    content_of,
    is_intact,
    verified,
)
from backchannel.storage.shared.methods import StorageMethods, writing
from backchannel.storage.sql.attachments import detach
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locked_conversations import LockedConversation, lock_conversation
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import conversation, member, message

ORIGINAL = (
    select(*ORIGINAL_COLUMNS)
    .select_from(MESSAGES)
    .where(conversation.c.number == parameter("conversation"), message.c.seq == parameter("seq"))
)
CHANGE = (
    update(message)
    .values(
        kind=parameter("new_kind"),
        body=parameter("new_body"),
        reply_to=parameter("new_reply_to"),
        revision=parameter("new_revision"),
        edited_at=parameter("new_edited_at"),
        deleted_at=parameter("new_deleted_at"),
        reactions=parameter("new_reactions"),
        files=parameter("new_files"),
        fingerprint=parameter("new_fingerprint"),
        checksum=parameter("new_checksum"),
    )
    .where(message.c.conversation == parameter("conversation"), message.c.seq == parameter("seq"))
)
COUNT_MESSAGES = (
    update(conversation)
    .values(first_count=parameter("first_count"), second_count=parameter("second_count"))
    .where(conversation.c.number == parameter("conversation"))
)
COUNT_READ = (
    update(member)
    .values(read_count=member.c.read_count + parameter("difference"))
    .where(
        member.c.account == parameter("reader"),
        member.c.conversation == parameter("conversation"),
        member.c.read_seq >= parameter("seq"),
    )
)


async def change(
    transaction: Transaction,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Callable[[Message | None], Message],
) -> Changed:
    """Replace a message, as `ports.storage.Messages.change` specifies."""
    users, locked = await lock_conversation(transaction, conversation_id)
    found = (
        await transaction.fetch(ORIGINAL, Original, conversation=locked.number, seq=seq)
        if locked
        else []
    )
    before = verified(found[0]) if found else None
    after = revise(before)
    if found and after.deleted_at is None and not is_intact(found[0]):
        raise Damaged("this message is damaged on the server's disk; it can only be deleted")
    if locked and locked.blocks and locked.asked is None and kind is not EventKind.DELETE:
        raise Blocked("one of the two has blocked the other")
    if before is None or locked is None or after == before:
        return Changed(after)
    if locked.asked is not None:
        require_no_reaction(before, after)
    logs = LogWriter(users)
    for user in logs.users.values():
        if user.erased_at is not None:
            _refuse_content(user.id, before, after)
    await _replace(transaction, locked, after, _fingerprint(found[0], before, after))
    if before.files and not after.files:
        await detach(transaction, locked.number, seq)
    difference = (after.deleted_at is None) - (before.deleted_at is None)
    if difference:
        reader = logs.users[after.recipient_id].number
        await _recount(transaction, locked, after, reader, difference)
    events = _notify_members(logs, locked, EventPayload(kind, after), after)
    await logs.write(transaction)
    return Changed(after, tuple(events))


def _notify_members(
    logs: LogWriter, locked: LockedConversation, payload: EventPayload, after: Message
) -> list[Event]:
    """Enter a change into both logs; one in a message request only into its sender's."""
    at = _time(locked, after)
    events: list[Event] = []
    for user_id in (after.sender_id, after.recipient_id):
        if logs.users[user_id].number != locked.asked:
            events += logs.add(user_id, payload, at=at, conversation=locked.number, seq=after.seq)
    return events


def _fingerprint(original: Original, before: Message, after: Message) -> str | None:
    """The fingerprint of the first content, from the first change of the content on."""
    if original.fingerprint is None and content_of(after) != content_of(before):
        return fingerprint(*content_of(before))
    return original.fingerprint


def _refuse_content(user_id: str, before: Message, after: Message) -> None:
    """Refuse new content from an erased user, whose last requests may arrive late (S22)."""
    edits = after.sender_id == user_id and after.deleted_at is None and after.body != before.body
    if edits or reactions_by(user_id, after) - reactions_by(user_id, before):
        raise AccountDisabled("this account has been deleted")


def _time(locked: LockedConversation, changed: Message) -> int:
    """The time of the change, as exactly as storage knows it without a clock."""
    return max(locked.updated_at, changed.edited_at or 0, changed.deleted_at or 0)


async def _replace(
    transaction: Transaction, locked: LockedConversation, changed: Message, mark: str | None
) -> None:
    await transaction.execute(
        CHANGE,
        conversation=locked.number,
        seq=changed.seq,
        new_kind=changed.kind,
        new_body=changed.body,
        new_reply_to=changed.reply_to,
        new_revision=changed.revision,
        new_edited_at=changed.edited_at,
        new_deleted_at=changed.deleted_at,
        new_reactions=changed.reactions,
        new_files=changed.files,
        new_fingerprint=mark,
        new_checksum=checksum_of(changed),
    )


async def _recount(
    transaction: Transaction,
    locked: LockedConversation,
    changed: Message,
    reader: int,
    difference: int,
) -> None:
    if changed.sender_id == locked.first_id:
        locked.first_count += difference
    else:
        locked.second_count += difference
    await transaction.execute(
        COUNT_MESSAGES,
        conversation=locked.number,
        first_count=locked.first_count,
        second_count=locked.second_count,
    )
    await transaction.execute(
        COUNT_READ,
        conversation=locked.number,
        reader=reader,
        seq=changed.seq,
        difference=difference,
    )


class ChangeMethods(StorageMethods[Database]):
    """Changing messages; `ports.storage.Messages` documents the method."""

    change = writing(change)
