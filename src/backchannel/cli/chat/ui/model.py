"""The conversations of one account, kept up to date by the client."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backchannel_client import (
    ApiError,
    BackchannelClient,
    Checkpoint,
    Conversation,
    LogEvent,
    Message,
    Outgoing,
    Presence,
    Receipt,
    Typing,
    User,
    direct_conversation_id,
)

PAGE = 50
LONG_PAGE = 200
"""Messages fetched at once on the way back to an old one."""
TYPING_LASTS = 6.0
"""Seconds; see docs/protocol.md."""


@dataclass
class Chat:
    """One conversation. `conversation` is None until it has a message."""

    id: str
    title: str
    peer_id: str
    is_session: bool = False
    conversation: Conversation | None = None
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    """The fetched messages, by `seq`, without gaps up to the newest."""
    is_open: bool = False
    """True once the newest messages have been fetched."""
    unread: int = 0
    their_delivered: int = 0
    their_read: int = 0
    online: bool | None = None
    typing_until: float = 0.0
    updated_at: str = ""

    @property
    def is_typing(self) -> bool:
        return time.monotonic() < self.typing_until

    @property
    def oldest(self) -> int:
        """The first `seq` that was fetched; 0 if none was."""
        return min(self.messages, default=0)

    @property
    def newest(self) -> int:
        """The last `seq` that was fetched; 0 if none was."""
        return max(self.messages, default=0)

    @property
    def reaches_back(self) -> bool:
        """True if there is nothing older to fetch."""
        return self.is_open and self.oldest in {0, 1}


class Chats:
    """The client's sink. `changed` is called with each conversation that has changed."""

    def __init__(
        self, client: BackchannelClient, own_id: str, changed: Callable[[str], None]
    ) -> None:
        self.own_id = own_id
        self.shown: str | None = None
        """The conversation that the user sees: messages that arrive there are read."""
        self.is_loaded = False
        """True once the list has been fetched."""
        self._client = client
        self._changed = changed
        self._chats: dict[str, Chat] = {}
        self._users: dict[str, User] = {}

    def __getitem__(self, conversation_id: str) -> Chat:
        return self._chats[conversation_id]

    def __contains__(self, conversation_id: str) -> bool:
        return conversation_id in self._chats

    @property
    def listed(self) -> list[Chat]:
        """All of them, the latest activity first."""
        return sorted(self._chats.values(), key=lambda chat: chat.updated_at, reverse=True)

    @property
    def unread(self) -> int:
        return sum(chat.unread for chat in self._chats.values())

    def waiting(self, chat: Chat) -> list[Outgoing]:
        """The messages to a conversation that are on their way, or were refused."""
        return [
            item
            for item in self._client.outbox
            if (item.conversation_id or direct_conversation_id(self.own_id, item.to)) == chat.id
        ]

    def name(self, user_id: str) -> str:
        """A user's name; "you" for the user."""
        if user_id == self.own_id:
            return "you"
        user = self._users.get(user_id)
        return user.display_name or user.username if user else "server"

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:  # noqa: ARG002 - the state is fetched at each start
        """Apply the events."""
        for event in events:
            message, receipt = event.message(), event.receipt()
            change, profile = event.conversation(), event.profile()
            if message is not None:
                await self._take(message, is_new=event.kind == "message")
            elif receipt is not None:
                await self._mark(receipt)
            elif change is not None:
                await self._fetch(change.conversation_id)
            elif profile is not None and profile.user_id in self._users:
                await self._fetch(direct_conversation_id(self.own_id, profile.user_id))

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:  # noqa: ARG002
        """Fetch the list and the displayed conversation again."""
        conversations = await self._client.api.all_conversations()
        self._chats = {each.id: self._merged(each, Chat(each.id, "", "")) for each in conversations}
        self.is_loaded = True
        self._watch()
        if self.shown is not None and self.shown in self._chats:
            await self.open(self._chats[self.shown])
        self._changed("")

    def chat_with(self, user: User) -> Chat:
        """The conversation with a user, which may have no messages yet."""
        self._users[user.id] = user
        conversation_id = direct_conversation_id(self.own_id, user.id)
        if conversation_id not in self._chats:
            title = user.display_name or user.username
            self._chats[conversation_id] = Chat(conversation_id, title, user.id, is_open=True)
            self._changed(conversation_id)
        return self._chats[conversation_id]

    async def open(self, chat: Chat) -> None:
        """Fetch the newest messages. Raises `ApiError`."""
        if chat.conversation is not None:
            page = await self._client.api.messages(chat.id, limit=PAGE)
            chat.messages = {message.seq: message for message in page.items}
        chat.is_open = True
        self._changed(chat.id)

    async def fetch_earlier(self, chat: Chat, back_to: int | None = None) -> None:
        """Fetch the messages before the oldest one, or back to a `seq`. Raises `ApiError`."""
        limit = PAGE if back_to is None else LONG_PAGE
        while not chat.reaches_back:
            page = await self._client.api.messages(chat.id, before=chat.oldest, limit=limit)
            chat.messages |= {message.seq: message for message in page.items}
            if not page.items or back_to is None or chat.oldest <= back_to:
                break
        self._changed(chat.id)

    def mark_read(self, chat: Chat) -> None:
        """Note that the user has seen the newest message."""
        if chat.unread and chat.newest:
            chat.unread = 0
            self._client.mark_read(chat.id, chat.newest)
            self._changed(chat.id)

    def take_presence(self, presence: Presence) -> None:
        chat = self._chats.get(direct_conversation_id(self.own_id, presence.user_id))
        if chat is not None:
            chat.online = presence.online
            self._changed(chat.id)

    def take_typing(self, typing: Typing) -> None:
        chat = self._chats.get(typing.conversation_id)
        if chat is not None:
            chat.typing_until = time.monotonic() + TYPING_LASTS if typing.active else 0.0
            self._changed(chat.id)

    async def _take(self, message: Message, *, is_new: bool) -> None:
        """Apply a new or changed message."""
        chat = self._chats.get(message.conversation_id)
        if chat is None or chat.conversation is None:
            await self._fetch(message.conversation_id)
            chat = self._chats.get(message.conversation_id)
            if chat is None:
                return
            chat.is_open = chat.is_open or message.seq == 1
        elif is_new and message.sender_id != self.own_id:
            chat.unread += 1
        if is_new:
            chat.typing_until = 0.0
            if chat.online is None:  # users get presence once both have written
                self._watch()
        known = chat.messages.get(message.seq)
        fits = chat.is_open and message.seq >= chat.oldest
        if fits and (known is None or known.revision <= message.revision):
            chat.messages[message.seq] = message
        if is_new:
            chat.updated_at = max(chat.updated_at, message.created_at)
        self._changed(chat.id)

    async def _mark(self, receipt: Receipt) -> None:
        if receipt.user_id == self.own_id:
            await self._fetch(receipt.conversation_id)
        elif receipt.conversation_id in self._chats:
            chat = self._chats[receipt.conversation_id]
            chat.their_delivered, chat.their_read = receipt.delivered_seq, receipt.read_seq
            self._changed(chat.id)

    async def _fetch(self, conversation_id: str) -> None:
        """Fetch a conversation's entry in the list, or remove it if the conversation is gone."""
        try:
            conversation = await self._client.api.conversation(conversation_id)
        except ApiError as error:
            if error.status != 404:
                raise
            self._chats.pop(conversation_id, None)
        else:
            chat = self._chats.get(conversation_id) or Chat(conversation_id, "", "")
            is_new = conversation_id not in self._chats
            self._chats[conversation_id] = self._merged(conversation, chat)
            if is_new:
                self._watch()
        self._changed(conversation_id)

    def _merged(self, conversation: Conversation, chat: Chat) -> Chat:
        """The conversation, updated with its current state on the server."""
        peer = conversation.peer
        if peer is not None:
            self._users[peer.id] = peer
        chat.conversation = conversation
        chat.title = peer.display_name or peer.username if peer else conversation.name or "Session"
        chat.peer_id = conversation.peer_id
        chat.is_session = conversation.kind == "session"
        chat.unread = conversation.unread
        chat.their_delivered = conversation.theirs.delivered_seq
        chat.their_read = conversation.theirs.read_seq
        chat.updated_at = conversation.updated_at
        return chat

    def _watch(self) -> None:
        """Ask for the presence of the users in the list."""
        peers = [chat.peer_id for chat in self.listed if not chat.is_session]
        self._client.watch(peers[:200])
