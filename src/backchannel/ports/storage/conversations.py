"""The part of the storage port that keeps conversations, sessions and blocks."""

from collections.abc import Sequence
from typing import Protocol

from backchannel.domain.conversations import (
    ConversationKind,
    ConversationSettings,
    ConversationView,
    RequestState,
    SettingsPatch,
)
from backchannel.domain.events import Event
from backchannel.domain.messages import Message
from backchannel.domain.users import Shared


class Conversations(Protocol):
    """The conversations between users, and those with the responder."""

    async def conversation(self, user_id: str, conversation_id: str) -> ConversationView | None:
        """A conversation as this member sees it; None for anyone else."""
        ...

    async def conversations(
        self,
        user_id: str,
        *,
        before: tuple[int, str] | None,
        limit: int,
        kind: ConversationKind | None = None,
        request: RequestState | None = None,
    ) -> list[ConversationView]:
        """A member's conversations, newest activity first, those past `(updated_at, id)`.

        All of them, or those of one kind, without the message requests to this member; or only
        the requests in one state, those whose messages are not all deleted. The page ends where
        their last messages fill it (`domain.messages`).
        """
        ...

    async def create_direct(self, user_id: str, other_id: str, *, at: int) -> ConversationView:
        """The conversation of two users, created if it does not exist. Raises `NotFound`.

        No one is notified, and `conversations` leaves it out, until something has been said in it.
        """
        ...

    async def answer_request(
        self, user_id: str, conversation_id: str, *, accepted: bool, at: int
    ) -> list[Event]:
        """Accept or decline a message request to this user (`domain.conversations`).

        The events tell the user's own devices; messages that were held back are entered into the
        log before them. Once it is accepted, both logs get the profiles and marks that were kept
        back. Repeating an answer, or answering a conversation that is not a request, changes
        nothing. Raises `NotFound`, and `Blocked` on accepting while there is a block.
        """
        ...

    async def change_settings(
        self, user_id: str, conversation_id: str, patch: SettingsPatch, *, at: int
    ) -> tuple[ConversationSettings, list[Event]]:
        """Change this member's settings of a conversation; returns the new settings.

        The events tell the member's own devices, if anything has changed. Raises `NotFound`.
        """
        ...

    async def create_session(
        self, user_id: str, key: str, *, name: str, at: int
    ) -> tuple[ConversationView, list[Event]]:
        """The user's session with this key, created if it does not exist."""
        ...

    async def rename_session(self, user_id: str, key: str, *, name: str, at: int) -> list[Event]:
        """Raises `NotFound`."""
        ...

    async def delete_session(self, user_id: str, key: str, *, at: int) -> list[Event]:
        """Turn the session's messages into tombstones and stop listing it.

        Raises `NotFound`.
        """
        ...

    async def unanswered(self, *, after: str = "", limit: int) -> list[Message]:
        """Undeleted messages to the responder without an answer, by id, past the id `after`.

        A message of the responder is the answer to its `reply_to`.
        """
        ...

    async def set_blocked(
        self, user_id: str, other_id: str, *, blocked: bool, at: int
    ) -> list[Event]:
        """Put another user on the user's block list, or take it off. Raises `NotFound`.

        While there is a block on either side, nothing that one of them does, except deletions,
        reaches the other's log or view of the conversation. A message request from the other user
        is declined but still takes messages, so the sender cannot tell. Once the last block is
        lifted, both logs get the changes since then: marks and profiles.
        """
        ...

    async def blocked(self, user_id: str) -> list[str]:
        """The users this user has blocked, by id."""
        ...

    async def acquainted(
        self, user_id: str, others: Sequence[str], shared: Shared
    ) -> frozenset[str]:
        """Those of `others` with whom typing, or presence, is shared.

        Both have written to the other, neither has blocked the other, and neither hides it.
        """
        ...
