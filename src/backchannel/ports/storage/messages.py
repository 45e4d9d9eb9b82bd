"""The part of the storage port that keeps messages, logs and marks."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from backchannel.domain.conversations import ReceiptTimes
from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.messages import Draft, Message
from backchannel.domain.search import EVERYTHING, SearchFilter
from backchannel.ports.storage.values import (
    Acknowledgement,
    Changed,
    Gather,
    LogPage,
    LogState,
    ReadMark,
    Stored,
)


class Messages(Protocol):
    """Conversations, messages and the per-user logs."""

    async def append(self, drafts: Sequence[Draft], *, at: int) -> list[Stored | ChatError]:
        """Store a batch of drafts in one transaction; an outcome for each, in their order.

        Gapless `seq` and positions come from counters locked in id order, so that commit
        order is number order (rules R3, R4). A repeated `(sender_id, client_id)`, also within
        the batch, gives the original (R2), or `ClientIdReused` if its content differs. Other
        refusals: `NotFound` (no such recipient, session or `reply_to`, or a file that is not
        complete or not the sender's: R20), `AccountDisabled`, `Blocked`, and of message requests
        (`domain.conversations`) `Throttled` and `RequestUnanswered`. A direct conversation is
        created with its first message; a session must exist. A message request is accepted by
        writing to its sender.
        """
        ...

    async def append_gathered(self, gather: Gather) -> list[Stored | ChatError]:
        """Like `append`, with the drafts that `gather` returns when the transaction begins.

        So drafts that come while another transaction is running share the next one, which need
        not wait for the event loop to begin. `gather` may be called in another thread, and
        again if the transaction is; where this raises, it may not have been called. Calls
        are served one after the other (rule R4).
        """
        ...

    async def change(
        self,
        conversation_id: str,
        seq: int,
        kind: EventKind,
        revise: Callable[[Message | None], Message],
    ) -> Changed:
        """Replace a message by the result of the pure function `revise`, in one transaction.

        `revise` may raise a `ChatError`, and may be called again if the transaction is; a
        result equal to its argument changes nothing. Linearised with every other change of
        that message (rule R7).
        """
        ...

    async def message(self, conversation_id: str, seq: int) -> Message | None: ...

    async def message_by_id(self, message_id: str) -> Message | None: ...

    async def history(
        self,
        conversation_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
        with_files: bool = False,
    ) -> list[Message]:
        """The newest `limit` messages, or those next to a `seq` (exclusive); by `seq` ascending.

        With `with_files`, only messages that have files. Fewer if they fill a page
        (`domain.messages`), but none only if there are none.
        """
        ...

    async def undeleted(
        self, conversation_id: str, *, before: int | None, limit: int
    ) -> list[Message]:
        """Like `history`, without deleted messages."""
        ...

    async def log(self, user_id: str, *, after: int, limit: int) -> LogPage:
        """Log entries past `after`, each with its message as it is now.

        Fewer than `limit` where their messages fill a page (`domain.messages`). Where `after` is
        below the head's `floor`, the page starts at the floor: the caller compares. Raises
        `NotFound` for an unknown user.
        """
        ...

    async def heads(self, user_ids: Sequence[str]) -> dict[str, LogHead]:
        """The current heads of the logs of those of `user_ids` that exist."""
        ...

    async def log_state(self, user_id: str) -> LogState:
        """The state of the user's log. Raises `NotFound` for an unknown user."""
        ...

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> list[Event]:
        """Move the devices' positions and the delivered marks that follow from them forward.

        The events are receipts for the senders: at most one per conversation and reader,
        however many messages it covers. Where either of the two hides read receipts, they
        leave the read mark where the sender knows it to be. Positions past the log's head
        count as the head.
        """
        ...

    async def mark_read(self, marks: Sequence[ReadMark], /) -> list[Event]:
        """Move read marks forward, never past the conversation's `last_seq` (rule R6).

        Messages that are read count as delivered; the reader's setting `marked_unread` ends.
        The events go to both members: the reader's other devices learn it as well. Where either
        of the two hides read receipts, the other member learns of the delivery only. A mark by a
        stranger changes nothing.
        """
        ...

    async def receipt_times(self, message: Message) -> ReceiptTimes:
        """The times at which the sender was told of the delivery and the reading of a message.

        They come from the receipts in the sender's log, so they are known as long as that log
        holds them, and a hidden read receipt has none. One call reads a bounded part of the log.
        """
        ...

    async def trim_logs(self, *, before: int, keep: int) -> int:
        """Forget log entries older than `before` or more than `keep` behind; returns their number.

        Raises the logs' floors, but never past what some device has acknowledged.
        """
        ...


class Found(msgspec.Struct, frozen=True):
    """Messages, newest first. `next` is the `before` to go on with, None at the end.

    `characters` is the amount of text that was read to find them.
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
        only: SearchFilter = EVERYTHING,
        limit: int,
    ) -> Found:
        """Messages of the user's own conversations that contain every one of `terms`.

        The terms are folded, and compared as `domain.search.contains` does, with each message
        as it is now: deleted and replaced texts are gone at once (rule R7). A conversation of
        others holds nothing (S11), and in no term does any character mean anything but itself
        (S24). A message is found at once, or where the database indexes behind its writes and
        keeps up, within a second.

        Only messages that the filter `only` admits are found.

        One call reads a bounded amount of text, whatever the user and the terms (S18). Where that
        is used up there may be fewer than `limit` messages, or none, and yet a `next`. Terms
        of one or two characters are too short for some indexes and are looked for in the
        newest messages first, by the same rule.

        Raises `Invalid` if `before` is not the id of a message of the user's own.
        """
        ...
