"""Drafts before and after their transaction: a batch that comes in, and the outcome of each."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from backchannel.domain.characters import is_text
from backchannel.domain.errors import Invalid
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, new_id
from backchannel.domain.messages import Draft, Message, MessageKind
from backchannel.ports.storage import Stored

_TEXT = MessageKind.TEXT.value


class Route(NamedTuple):
    """A sender, a recipient and a conversation."""

    sender_id: str
    recipient_id: str
    conversation_id: str

    def may_begin(self) -> bool:
        """True for a direct conversation, which begins with its first message."""
        pair = self.sender_id, self.recipient_id
        return (
            RESPONDER_ID not in pair
            and pair[0] != pair[1]
            and self.conversation_id == direct_conversation_id(*pair)
        )


class IncomingBatch:
    """A batch of drafts, with all that is known about it before the database is read."""

    __slots__ = ("drafts", "ids", "keys", "plain", "route_numbers", "routes", "unique")

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.ids = [new_id() for _ in drafts]
        self.keys = [(draft.sender_id, draft.client_id) for draft in drafts]
        self.unique = len(set(self.keys)) == len(drafts)
        """True if no two drafts have the same key."""
        self.plain = all(map(is_plain, drafts))
        """True if all drafts contain only text."""
        routes: dict[tuple[str, str, str], int] = {}
        self.route_numbers = [
            routes.setdefault(
                (each.sender_id, each.recipient_id, each.conversation_id), len(routes)
            )
            for each in drafts
        ]
        """For each draft, the index of its route in `routes`."""
        self.routes = [Route(*route) for route in routes]

    def user_ids(self) -> set[str]:
        """The users the drafts are from and for."""
        return {user_id for route in self.routes for user_id in route[:2]}

    def conversation_ids(self) -> set[str]:
        """The conversations the drafts are in."""
        return {route.conversation_id for route in self.routes}


def is_plain(draft: Draft) -> bool:
    """True if a draft contains only text."""
    return draft.reply_to is None and not draft.files and draft.kind == _TEXT


def are_storable(drafts: Iterable[Draft]) -> bool:
    """True without NUL and half surrogate pairs, which not every database accepts."""
    texts = [
        f"{draft.body}{draft.client_id}{draft.conversation_id}"
        f"{draft.recipient_id}{draft.sender_id}{draft.kind}{draft.files}"
        for draft in drafts
    ]
    return is_text("".join(texts))


def is_storable(draft: Draft) -> bool:
    """The same for a single draft."""
    return are_storable((draft,))


def unstorable(draft: Draft) -> Invalid:
    """The refusal of a draft that is not `is_storable`."""
    fields = ("recipient_id", "conversation_id", "client_id", "body", "files")
    field = next((each for each in fields if not is_text(getattr(draft, each))), "sender_id")
    return Invalid(f"{field} must be Unicode without NUL characters", field=field)


class AppendedDraft(msgspec.Struct, frozen=True, gc=False):
    """A draft's id, its `seq`, and its positions in both logs.

    A position is 0 if the user has no log. `more` has further events that it causes;
    `repeated` is for the same draft again within its batch.
    """

    draft: Draft
    id: str
    seq: int
    sender_position: int
    recipient_position: int
    more: Sequence[Event] = ()
    repeated: bool = False

    def again(self) -> "AppendedDraft":
        """The outcome of the same draft when it is sent again."""
        return msgspec.structs.replace(self, repeated=True)

    def stored(self, at: int) -> Stored:
        """The message that the draft became at `at`, and its events in the logs."""
        draft = self.draft
        message = Message(
            draft.conversation_id,
            self.seq,
            self.id,
            draft.sender_id,
            draft.recipient_id,
            draft.client_id,
            draft.kind,
            draft.body,
            at,
            draft.reply_to,
            files=draft.files,
        )
        if self.repeated:
            return Stored(message, repeated=True)
        payload = EventPayload(EventKind.MESSAGE, message)
        own, other = self.sender_position, self.recipient_position
        if own and other and not self.more:
            sent = Event(draft.sender_id, own, payload)
            return Stored(message, (sent, Event(draft.recipient_id, other, payload)))
        events = (Event(draft.sender_id, own, payload),) if own else ()
        if other:
            events = (*events, Event(draft.recipient_id, other, payload))
        return Stored(message, (*events, *self.more))
