"""Changing a message: an edit, a deletion, a reaction."""

from collections.abc import Callable

from backchannel.domain.errors import AccountDisabled, Blocked, Damaged
from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.messages import Message, fingerprint
from backchannel.domain.revisions import reactions_by
from backchannel.ports.storage import Changed
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.documents import ConversationDocument, MessageDocument, Place
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.reader import get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.kept import content_of, is_whole, verified


async def change(
    transaction: Transaction,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Callable[[Message | None], Message],
) -> Changed:
    """Replace a message, as `ports.storage.Messages.change` promises."""
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    found = await get_one(transaction, MESSAGES, Place(conversation_id, seq))
    before = verified(found.original()) if found else None
    after = revise(before)
    if found and after.deleted_at is None and not is_whole(found.original()):
        raise Damaged("this message is damaged on the server's disk; it can only be deleted")
    if conversation and conversation.blocks and kind is not EventKind.DELETE:
        raise Blocked("one of the two has blocked the other")
    if found is None or before is None or conversation is None or after == before:
        return Changed(after)
    ledger = await Ledger.open(transaction, {after.sender_id, after.recipient_id})
    for user in ledger.users.values():
        if user.erased_at is not None:
            _require_silence(user.id, before, after)
    if before.files and not after.files:
        await detach(transaction, conversation_id, [seq])
    _replace(found, before, after)
    _recount(conversation, before, after)
    at = max(conversation.updated_at, after.edited_at or 0, after.deleted_at or 0)
    events: list[Event] = []
    fact = Fact(kind, after)
    for user_id in (after.sender_id, after.recipient_id):
        events += ledger.add(user_id, fact, at=at)
    return Changed(after, tuple(events))


def _require_silence(user_id: str, before: Message, after: Message) -> None:
    """Refuse what an erased user, whose last requests may be late, would still say (S22)."""
    edits = after.sender_id == user_id and after.deleted_at is None and after.body != before.body
    if edits or reactions_by(user_id, after) - reactions_by(user_id, before):
        raise AccountDisabled("this account is deleted")


def _replace(found: MessageDocument, before: Message, after: Message) -> None:
    if found.fingerprint is None and content_of(after) != content_of(before):
        found.fingerprint = fingerprint(*content_of(before))
    found.become(after)


def _recount(conversation: ConversationDocument, before: Message, after: Message) -> None:
    """Keep the numbers of standing messages true, and so that of unread ones."""
    difference = (after.deleted_at is None) - (before.deleted_at is None)
    if difference:
        conversation.count(after.sender_id, difference)
        reader = conversation.marks_of(after.recipient_id)
        if after.seq <= reader.read_seq:
            reader.read_count += difference
