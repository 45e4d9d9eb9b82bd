"""A batch of drafts as it comes in, and what has to be looked up for it."""

from collections.abc import Sequence
from typing import NamedTuple

from backchannel.domain.characters import is_text
from backchannel.domain.errors import Invalid
from backchannel.domain.ids import new_id
from backchannel.domain.messages import Draft, MessageKind

_TEXT = MessageKind.TEXT.value


class Way(NamedTuple):
    """A sender, a recipient and a conversation."""

    sender_id: str
    recipient_id: str
    conversation_id: str


class Intake:
    """The facts about a batch of drafts that need no look at the database."""

    __slots__ = ("by_way", "drafts", "ids", "keys", "plain", "unique", "ways")

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.ids = [new_id() for _ in drafts]
        self.keys = [(draft.sender_id, draft.client_id) for draft in drafts]
        self.unique = len(set(self.keys)) == len(drafts)
        """True if no two drafts have the same key."""
        self.plain = all(map(is_plain, drafts))
        """True if all drafts contain only text."""
        ways: dict[tuple[str, str, str], int] = {}
        self.by_way = [
            ways.setdefault((each.sender_id, each.recipient_id, each.conversation_id), len(ways))
            for each in drafts
        ]
        """For each draft, which of the `ways` it goes."""
        self.ways = [Way(*way) for way in ways]

    def user_ids(self) -> set[str]:
        """The users the drafts are from and for."""
        return {user_id for way in self.ways for user_id in way[:2]}

    def conversation_ids(self) -> set[str]:
        """The conversations the drafts are in."""
        return {way.conversation_id for way in self.ways}


def is_plain(draft: Draft) -> bool:
    """True if a draft contains only text."""
    return draft.reply_to is None and not draft.files and draft.kind == _TEXT


def is_storable(draft: Draft) -> bool:
    """Neither NUL nor half a surrogate pair is text to every database."""
    return is_text(
        f"{draft.body}{draft.client_id}{draft.conversation_id}"
        f"{draft.recipient_id}{draft.sender_id}{draft.kind}{draft.files}"
    )


def unstorable(draft: Draft) -> Invalid:
    """The refusal of a draft that is not `is_storable`."""
    fields = ("recipient_id", "conversation_id", "client_id", "body", "files")
    field = next((each for each in fields if not is_text(getattr(draft, each))), "sender_id")
    return Invalid(f"{field} must be Unicode without NUL characters", field=field)
