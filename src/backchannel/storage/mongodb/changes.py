"""Changing a message: an edit, a deletion, a reaction."""

from collections.abc import Callable

from backchannel.domain.conversations import require_no_reaction
from backchannel.domain.errors import AccountDisabled, Blocked, Damaged
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.messages import Message, fingerprint
from backchannel.domain.revisions import reactions_by
from backchannel.ports.storage import Changed
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ConversationDocument, MessageDocument, MessageKey
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.reader import get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.checksummed_message import content_of, is_intact, verified
from backchannel.storage.shared.methods import StorageMethods, writing


async def change(
    transaction: Transaction,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Callable[[Message | None], Message],
) -> Changed:
    """Replace a message, as `ports.storage.Messages.change` specifies."""
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    found = await get_one(transaction, MESSAGES, MessageKey(conversation_id, seq))
    before = verified(found.original()) if found else None
    after = revise(before)
    if found and after.deleted_at is None and not is_intact(found.original()):
        raise Damaged("this message is damaged on the server's disk; it can only be deleted")
    asked = conversation and conversation.asked_id
    if conversation and conversation.blocks and not asked and kind is not EventKind.DELETE:
        raise Blocked("one of the two has blocked the other")
    if found is None or before is None or conversation is None or after == before:
        return Changed(after)
    if asked:
        require_no_reaction(before, after)
    logs = await LogWriter.open(transaction, {after.sender_id, after.recipient_id})
    for user in logs.users.values():
        if user.erased_at is not None:
            _refuse_content(user.id, before, after)
    if before.files and not after.files:
        await detach(transaction, conversation_id, [seq])
    _replace(found, before, after)
    _recount(conversation, before, after)
    at = max(conversation.updated_at, after.edited_at or 0, after.deleted_at or 0)
    events: list[Event] = []
    payload = EventPayload(kind, after)
    for user_id in (after.sender_id, after.recipient_id):
        if user_id != asked:
            events += logs.add(user_id, payload, at=at)
    return Changed(after, tuple(events))


def _refuse_content(user_id: str, before: Message, after: Message) -> None:
    """Refuse new content from an erased user, whose last requests may arrive late (S22)."""
    edits = after.sender_id == user_id and after.deleted_at is None and after.body != before.body
    if edits or reactions_by(user_id, after) - reactions_by(user_id, before):
        raise AccountDisabled("this account has been deleted")


def _replace(found: MessageDocument, before: Message, after: Message) -> None:
    if found.fingerprint is None and content_of(after) != content_of(before):
        found.fingerprint = fingerprint(*content_of(before))
    found.replace_content(after)


def _recount(conversation: ConversationDocument, before: Message, after: Message) -> None:
    """Correct the numbers of undeleted messages, and so that of unread ones."""
    difference = (after.deleted_at is None) - (before.deleted_at is None)
    if difference:
        conversation.count(after.sender_id, difference)
        reader = conversation.marks_of(after.recipient_id)
        if after.seq <= reader.read_seq:
            reader.read_count += difference


class ChangeMethods(StorageMethods[MongoDatabase]):
    """Changing messages; `ports.storage.Messages` documents the method."""

    change = writing(change)
