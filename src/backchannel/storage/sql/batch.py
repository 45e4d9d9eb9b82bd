"""A batch of messages: what has to be known to add them, and what is written."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Text, func, select, update

from backchannel.domain.errors import (
    AccountDisabled,
    Blocked,
    ChatError,
    ClientIdReused,
    NotFound,
)
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id
from backchannel.domain.messages import Draft, MessageKind
from backchannel.ports.storage import Stored
from backchannel.storage.shared.intake import Intake, Way
from backchannel.storage.shared.kept import Original, checksum, content_of, is_same, verified
from backchannel.storage.shared.placed import Placed
from backchannel.storage.sql.attachments import Attachments
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.locks import Party, users
from backchannel.storage.sql.parameters import any_of, given
from backchannel.storage.sql.places import Place, add_direct, existing
from backchannel.storage.sql.questions import Questions
from backchannel.storage.sql.rows import MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import account, block, conversation, message

_sent = given("sent", user_id=Text, client_id=Text)
ORIGINALS = (
    select(*ORIGINAL_COLUMNS)
    .select_from(
        # The responder is 0 and has no account.
        _sent.table.outerjoin(account, account.c.id == _sent["user_id"]).join(
            MESSAGES, message.c.sender == func.coalesce(account.c.number, 0)
        )
    )
    .where(message.c.client_id == _sent["client_id"])
)

BLOCKS = select(block.c.account, block.c.other).where(
    block.c.account.in_(any_of("accounts", BigInteger))
)

_moved = given(
    "moved",
    number=BigInteger,
    last_seq=BigInteger,
    first_count=BigInteger,
    second_count=BigInteger,
    updated_at=BigInteger,
)
MOVE_PLACES = (
    update(conversation)
    .values(
        last_seq=_moved["last_seq"],
        first_count=_moved["first_count"],
        second_count=_moved["second_count"],
        updated_at=_moved["updated_at"],
    )
    .where(conversation.c.number == _moved["number"])
)
COLUMNS = ("conversation", "seq", "id", "sender", "client_id", "body", "checksum")
MORE_COLUMNS = ("kind", "reply_to", "files")
"""The columns that are equal in all plain messages, so that a batch writes them once."""

Outcome = Placed | Stored | ChatError


class _Block(msgspec.Struct, frozen=True):
    account: int
    other: int


class _Route(msgspec.Struct, frozen=True, gc=False):
    """A way that may be gone."""

    sender: Party
    recipient: Party
    place: Place


class Batch:
    """The data that a batch of drafts needs, read at once, and the data it will write."""

    def __init__(self, intake: Intake, ledger: Ledger, places: Iterable[Place], at: int) -> None:
        self._at = at
        self._intake = intake
        self._ledger = ledger
        self._places = {place.id: place for place in places}
        self._originals: dict[tuple[str, str], Placed | Original] = {}
        self._blocks: set[tuple[int, int]] = set()
        self._routes: list[_Route | None] = []
        self._attachments = Attachments()
        self._questions = Questions()
        self._rows: list[tuple[Any, ...]] = []
        self._moved: dict[int, Place] = {}

    @classmethod
    async def open(cls, connection: Connection, intake: Intake, *, at: int) -> "Batch":
        """Lock the users of the drafts, and begin missing conversations."""
        heads, places, originals = await connection.fetch_together(
            users(intake.user_ids()),
            existing(intake.conversation_ids()),
            Lookup(ORIGINALS, Original, {"sent": intake.keys}),
        )
        batch = cls(intake, Ledger(heads), places, at)
        batch._note(originals)
        if not intake.plain:
            batch._attachments = await Attachments.open(connection, intake.drafts)
        await batch._begin_conversations(connection)
        # Only now: a conversation that has begun just now is on some of the ways.
        batch._routes = [batch._route(way) for way in intake.ways]
        return batch

    def _note(self, originals: Iterable[Original]) -> None:
        """These have been sent before."""
        self._originals = {(each.sender_id, each.client_id): each for each in originals}

    async def _begin_conversations(self, connection: Connection) -> None:
        new = [way for way in self._intake.ways if way.conversation_id not in self._places]
        if not new:
            return
        found = self._ledger.parties
        user_ids = {user_id for way in new for user_id in way[:2]} & found.keys()
        accounts = [found[user_id].number for user_id in user_ids]
        blocks = await connection.fetch(BLOCKS, _Block, accounts=accounts)
        self._blocks = {(row.account, row.other) for row in blocks}
        open_ways = {way for way in new if self._refusal(way) is None}
        pairs: dict[str, tuple[Party, Party]] = {}
        for draft, number in zip(self._intake.drafts, self._intake.by_way, strict=True):
            way = self._intake.ways[number]
            key = draft.sender_id, draft.client_id
            if way in open_ways and key not in self._originals and self._missing(draft) is None:
                pairs[way.conversation_id] = found[way.sender_id], found[way.recipient_id]
        if pairs:
            self._places |= await add_direct(connection, pairs.values(), at=self._at)

    def place(self) -> list[Outcome]:
        """Give each draft its place in its conversation and in both logs, or say why not."""
        intake = self._intake
        # Most batches have nothing but new texts in them.
        usual = intake.plain and intake.unique and not self._originals
        place = self._enter if usual else self._place
        each = zip(intake.drafts, intake.ids, intake.by_way, strict=True)
        return [place(draft, message_id, way) for draft, message_id, way in each]

    def _place(self, draft: Draft, message_id: str, way: int) -> Outcome:
        key = draft.sender_id, draft.client_id
        original = self._originals.get(key)
        if original is not None:
            return _repeated(draft, original)
        refusal = self._refusal(self._intake.ways[way]) or self._missing(draft)
        if refusal is not None:
            return refusal
        outcome = self._enter(draft, message_id, way)
        if isinstance(outcome, Placed):
            self._originals[key] = outcome
        return outcome

    def _route(self, way: Way) -> _Route | None:
        """The route of a way; None if it is not permitted, or if no draft could start it."""
        place = self._places.get(way.conversation_id)
        if place is None or self._refusal(way) is not None:
            return None
        found = self._ledger.parties
        return _Route(found[way.sender_id], found[way.recipient_id], place)

    def _refusal(self, way: Way) -> ChatError | None:
        """The reason why the sender may not write to the recipient there, if any."""
        sender = self._ledger.parties.get(way.sender_id)
        recipient = self._ledger.parties.get(way.recipient_id)
        if sender is None or recipient is None:
            return NotFound("recipient not found", field="recipient_id")
        if sender.disabled_at is not None or recipient.disabled_at is not None:
            return AccountDisabled("an account of this conversation is disabled")
        place = self._places.get(way.conversation_id)
        if not (_may_begin(way) if place is None else _is_open(place, way)):
            return NotFound("conversation not found", field="conversation_id")
        if self._is_blocked(sender, recipient) if place is None else place.blocks:
            return Blocked("one of the two has blocked the other")
        return None

    def _is_blocked(self, one: Party, other: Party) -> bool:
        pairs = (one.number, other.number), (other.number, one.number)
        return not self._blocks.isdisjoint(pairs)

    def _missing(self, draft: Draft) -> NotFound | None:
        """The error for a draft that refers to something missing, if it does."""
        place = self._places.get(draft.conversation_id)
        last_seq = 0 if place is None else place.last_seq
        if draft.reply_to is not None and not 1 <= draft.reply_to <= last_seq:
            return NotFound("the message replied to does not exist", field="reply_to")
        if draft.files and not self._attachments.stand(draft):
            return NotFound("file not found", field="files")
        return None

    def _enter(self, draft: Draft, message_id: str, way: int) -> Outcome:
        route = self._routes[way]
        if route is None:
            refusal = self._refusal(self._intake.ways[way])
            return refusal or NotFound("conversation not found", field="conversation_id")
        sender, recipient, place = route.sender, route.recipient, route.place
        number, seq = place.number, place.add(draft.sender_id)
        self._moved[number] = place
        kept = checksum(draft, seq=seq, message_id=message_id, created_at=self._at)
        row = number, seq, message_id, sender.number, draft.client_id, draft.body, kept
        if self._intake.plain:
            self._rows.append(row)
        else:
            self._rows.append((*row, draft.kind, draft.reply_to, draft.files))
            if draft.files:
                self._attachments.add(draft, number, seq)
        if not (sender.number and recipient.number):
            self._questions.add(draft, number, seq)
        return Placed(
            draft, message_id, seq, *self._ledger.enter_message(sender, recipient, number, seq)
        )

    async def write(self, connection: Connection) -> None:
        """Store what was placed."""
        if not self._rows:
            return
        if self._intake.plain:
            same = {"kind": MessageKind.TEXT.value, "created_at": self._at}
            await connection.insert(message, COLUMNS, self._rows, **same)
        else:
            columns = (*COLUMNS, *MORE_COLUMNS)
            await connection.insert(message, columns, self._rows, created_at=self._at)
        await self._attachments.write(connection)
        await self._questions.write(connection)
        await self._ledger.write(connection, at=self._at)
        moved = [
            (
                place.number,
                place.last_seq,
                place.first_count,
                place.second_count,
                max(place.updated_at, self._at),
            )
            for place in self._moved.values()
        ]
        await connection.execute(MOVE_PLACES, moved=moved)


def _is_open(place: Place, way: Way) -> bool:
    return place.deleted_at is None and place.joins(way.sender_id, way.recipient_id)


def _may_begin(way: Way) -> bool:
    """A session has to be made first, a direct conversation begins with its first message."""
    pair = way.sender_id, way.recipient_id
    return (
        RESPONDER_ID not in pair
        and pair[0] != pair[1]
        and way.conversation_id == direct_conversation_id(*pair)
    )


def _repeated(draft: Draft, original: Placed | Original) -> Outcome:
    if isinstance(original, Placed):
        same = content_of(draft) == content_of(original.draft)
        stored: Placed | Stored = original.again()
    else:
        same = is_same(draft, original)
        stored = Stored(verified(original), repeated=True)
    if same:
        return stored
    return ClientIdReused("this client_id was used for another message", field="client_id")
