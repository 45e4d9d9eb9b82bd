"""The members' settings of their conversations."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, select, update

from backchannel.domain.conversations import ConversationSettings, SettingsPatch
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.storage.shared.methods import StorageMethods, writing
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.marks import MemberMarks
from backchannel.storage.sql.parameters import parameter, rows_parameter
from backchannel.storage.sql.schema import account, conversation, member

UNSET_SETTINGS = ConversationSettings()
# Made while there is one thread, as msgspec requires of a Struct's first decoder.
_decode = msgspec.json.Decoder(ConversationSettings).decode


class _Row(msgspec.Struct):
    account: int
    conversation: int
    settings: str


SETTINGS = (
    select(member.c.account, member.c.conversation, member.c.settings)
    .join(account, account.c.number == member.c.account)
    .join(conversation, conversation.c.number == member.c.conversation)
    .where(
        account.c.id == parameter("user_id"),
        conversation.c.id == parameter("conversation_id"),
        account.c.erased_at.is_(None),
        conversation.c.deleted_at.is_(None),
    )
)
_changed = rows_parameter("changed", account=BigInteger, conversation=BigInteger, settings=Text)
SET_SETTINGS = (
    update(member)
    .values(settings=_changed["settings"])
    .where(
        member.c.account == _changed["account"],
        member.c.conversation == _changed["conversation"],
    )
)

FORGET_SETTINGS = (
    update(member)
    .values(settings="")
    .where(
        member.c.account == parameter("account"), member.c.conversation == parameter("conversation")
    )
)


def settings_of(text: str) -> ConversationSettings:
    """The settings that a member's row holds."""
    return _decode(text) if text else UNSET_SETTINGS


async def change_settings(
    transaction: Transaction, user_id: str, conversation_id: str, patch: SettingsPatch, *, at: int
) -> tuple[ConversationSettings, list[Event]]:
    """Change settings, as `ports.storage.Conversations.change_settings` specifies."""
    logs = await LogWriter.open(transaction, [user_id])
    found = await transaction.fetch(
        SETTINGS, _Row, user_id=user_id, conversation_id=conversation_id
    )
    if not found:
        raise NotFound("conversation not found")
    row = found[0]
    old = settings_of(row.settings)
    new = patch.applied_to(old)
    if new == old:
        return new, []
    await _store(transaction, [(row.account, row.conversation, new)])
    events = notify_member(logs, user_id, conversation_id, at=at)
    await logs.write(transaction)
    return new, events


async def end_marked_unread(
    transaction: Transaction, members: Sequence[MemberMarks]
) -> list[MemberMarks]:
    """Remove `marked_unread` from conversations that were read; returns those that had it."""
    marked = [each for each in members if settings_of(each.settings).marked_unread]
    if marked:
        patch = SettingsPatch(marked_unread=False)
        await _store(
            transaction,
            [
                (each.account, each.conversation, patch.applied_to(settings_of(each.settings)))
                for each in marked
            ],
        )
    return marked


def notify_member(logs: LogWriter, user_id: str, conversation_id: str, *, at: int) -> list[Event]:
    """Notify a member's devices that the settings have changed."""
    change = ConversationChange(conversation_id, "settings")
    return logs.add(user_id, EventPayload(EventKind.CONVERSATION, change), at=at)


async def _store(
    transaction: Transaction, changed: Sequence[tuple[int, int, ConversationSettings]]
) -> None:
    rows = [(*key, _encoded(settings)) for *key, settings in changed]
    await transaction.execute(SET_SETTINGS, changed=rows)


def _encoded(settings: ConversationSettings) -> str:
    return "" if settings == UNSET_SETTINGS else msgspec.json.encode(settings).decode()


class SettingsMethods(StorageMethods[Database]):
    """Settings of conversations; `ports.storage.Conversations` documents the method."""

    change_settings = writing(change_settings)
