"""The members' settings of their conversations."""

from collections.abc import Sequence

from backchannel.domain.conversations import ConversationSettings, SettingsPatch
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ConversationDocument, MemberMarks
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.reader import get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, writing

_READ = SettingsPatch(marked_unread=False)


async def change_settings(
    transaction: Transaction, user_id: str, conversation_id: str, patch: SettingsPatch, *, at: int
) -> tuple[ConversationSettings, list[Event]]:
    """Change settings, as `ports.storage.Conversations.change_settings` specifies."""
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    logs = await LogWriter.open(transaction, [user_id])
    user = logs.users.get(user_id)
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
    return new, _notify_member(logs, user_id, conversation_id, at)


def end_marked_unread(member: MemberMarks) -> bool:
    """Remove the mark `marked_unread` after reading; True if it was set."""
    was_marked = member.settings.marked_unread
    member.settings = _READ.applied_to(member.settings)
    return was_marked


async def notify_members(
    transaction: Transaction, changed: Sequence[tuple[ConversationDocument, str]]
) -> list[Event]:
    """Notify members' devices that their settings of a conversation have changed."""
    logs = await LogWriter.open(transaction, {user_id for _, user_id in changed})
    return [
        event
        for conversation, user_id in changed
        for event in _notify_member(logs, user_id, conversation.id, conversation.updated_at)
    ]


def _notify_member(logs: LogWriter, user_id: str, conversation_id: str, at: int) -> list[Event]:
    change = ConversationChange(conversation_id, "settings")
    return logs.add(user_id, EventPayload(EventKind.CONVERSATION, change), at=at)


class SettingsMethods(StorageMethods[MongoDatabase]):
    """Settings of conversations; `ports.storage.Conversations` documents the method."""

    change_settings = writing(change_settings)
