"""The part of the storage port that looks for messages by what they say."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from backchannel.domain.messages import Message


class Found(msgspec.Struct, frozen=True):
    """Messages, newest first. `next` is the `before` to go on with, None at the end.

    `characters` is how much text was read to find them.
    """

    messages: tuple[Message, ...]
    next: str | None
    characters: int = 0


class Search(Protocol):
    """Databases differ most here, so each may find its candidates in its own way."""

    async def search(
        self,
        user_id: str,
        terms: Sequence[str],
        *,
        conversation_id: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Found:
        """Messages of the user's own conversations that contain every one of `terms`.

        The terms are folded, and compared as `domain.search.contains` does, with each message
        as it is now: deleted and replaced texts are gone at once (rule R7). A conversation of
        others holds nothing (S11), and in no term does any character mean anything but itself
        (S24). A message is found at once, or where the database indexes behind its writes and
        keeps up, within a second.

        One call reads a bounded amount of text, whoever asks for whatever (S18). Where that
        is used up there may be fewer than `limit` messages, or none, and yet a `next`. Terms
        of one or two characters are too short for some indexes and are looked for in the
        newest messages first, by the same rule.

        Raises `Invalid` where `before` is not the id of a message of the user's own.
        """
        ...
