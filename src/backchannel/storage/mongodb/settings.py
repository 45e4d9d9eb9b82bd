"""The members' settings of their conversations."""

from collections.abc import Sequence

from backchannel.domain.conversations import ConversationSettings, SettingsPatch
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact
from backchannel.storage.mongodb.documents import ConversationDocument, MemberMarks
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.reader import get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS
from backchannel.storage.mongodb.staging import Transaction

_READ = SettingsPatch(marked_unread=False)


async def change_settings(
    transaction: Transaction, user_id: str, conversation_id: str, patch: SettingsPatch, *, at: int
) -> tuple[ConversationSettings, list[Event]]:
    """Change settings, as `ports.storage.Conversations.change_settings` promises."""
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    ledger = await Ledger.open(transaction, [user_id])
    user = ledger.users.get(user_id)
    if (
        conversation is None
        or conversation.deleted_at is not None
        or user_id not in conversation.members
        or user is None
        or user.erased_at is not None
    ):
        raise NotFound("conversation not found")
    member = conversation.marks_of(user_id)
    new = patch.applied_to(member.settings)
    if new == member.settings:
        return new, []
    member.settings = new
    return new, _tell(ledger, user_id, conversation_id, at)


def end_marked_unread(member: MemberMarks) -> bool:
    """Take the mark `marked_unread` from what was read; True if it was there."""
    was_marked = member.settings.marked_unread
    member.settings = _READ.applied_to(member.settings)
    return was_marked


async def tell(
    transaction: Transaction, changed: Sequence[tuple[ConversationDocument, str]]
) -> list[Event]:
    """Tell members' devices that their settings of a conversation have changed."""
    ledger = await Ledger.open(transaction, {user_id for _, user_id in changed})
    return [
        event
        for conversation, user_id in changed
        for event in _tell(ledger, user_id, conversation.id, conversation.updated_at)
    ]


def _tell(ledger: Ledger, user_id: str, conversation_id: str, at: int) -> list[Event]:
    change = ConversationChange(conversation_id, "settings")
    return ledger.add(user_id, Fact(EventKind.CONVERSATION, change), at=at)
