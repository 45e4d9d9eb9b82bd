"""Conversations, sessions and blocks over MongoDB."""

from collections.abc import Sequence
from functools import partial

from backchannel.domain.conversations import (
    ConversationKind,
    ConversationSettings,
    ConversationView,
    SettingsPatch,
)
from backchannel.domain.events import Event
from backchannel.domain.messages import Message
from backchannel.domain.privacy import Shared
from backchannel.storage.mongodb import blocks, conversations, questions, sessions, settings
from backchannel.storage.mongodb.database import MongoDatabase


class MongoConversations:
    """Conversations; `ports.storage.Conversations` says what each method promises."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def conversation(self, user_id: str, conversation_id: str) -> ConversationView | None:
        return await self._database.read(
            lambda view: conversations.read_conversation(view, user_id, conversation_id)
        )

    async def conversations(
        self,
        user_id: str,
        *,
        before: tuple[int, str] | None,
        limit: int,
        kind: ConversationKind | None = None,
    ) -> list[ConversationView]:
        return await self._database.read(
            lambda view: conversations.read_conversations(
                view, user_id, before=before, limit=limit, kind=kind
            )
        )

    async def create_direct(self, user_id: str, other_id: str, *, at: int) -> ConversationView:
        return await self._database.write(
            lambda tx: conversations.create_direct(tx, user_id, other_id, at=at)
        )

    async def change_settings(
        self, user_id: str, conversation_id: str, patch: SettingsPatch, *, at: int
    ) -> tuple[ConversationSettings, list[Event]]:
        return await self._database.write(
            lambda tx: settings.change_settings(tx, user_id, conversation_id, patch, at=at)
        )

    async def create_session(
        self, user_id: str, key: str, *, name: str, at: int
    ) -> tuple[ConversationView, list[Event]]:
        return await self._database.write(
            lambda tx: sessions.create_session(tx, user_id, key, name=name, at=at)
        )

    async def rename_session(self, user_id: str, key: str, *, name: str, at: int) -> list[Event]:
        return await self._database.write(
            lambda tx: sessions.rename_session(tx, user_id, key, name=name, at=at)
        )

    async def delete_session(self, user_id: str, key: str, *, at: int) -> list[Event]:
        events: list[Event] = []
        after: int | None = 0
        while after is not None:
            page = partial(sessions.delete_page, user_id=user_id, key=key, after=after, at=at)
            after, events = await self._database.write(page)
        return events

    async def unanswered(self, *, after: str = "", limit: int) -> list[Message]:
        return await self._database.read(
            lambda view: questions.read_unanswered(view, after=after, limit=limit)
        )

    async def set_blocked(
        self, user_id: str, other_id: str, *, blocked: bool, at: int
    ) -> list[Event]:
        return await self._database.write(
            lambda tx: blocks.set_blocked(tx, user_id, other_id, blocked=blocked, at=at)
        )

    async def blocked(self, user_id: str) -> list[str]:
        return await self._database.read(lambda view: blocks.read_blocked(view, user_id))

    async def acquainted(
        self, user_id: str, others: Sequence[str], shared: Shared
    ) -> frozenset[str]:
        return await self._database.read(
            lambda view: blocks.read_acquainted(view, user_id, others, shared)
        )
