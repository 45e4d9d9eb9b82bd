"""Changing a message: an edit, a deletion, a reaction."""

from collections.abc import Callable

from sqlalchemy import select, update

from backchannel.domain.errors import AccountDisabled, Blocked, Damaged
from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.messages import Message, fingerprint
from backchannel.domain.revisions import reactions_by
from backchannel.ports.storage import Changed
from backchannel.storage.shared.kept import Original, checksum_of, content_of, is_whole, verified
from backchannel.storage.sql.attachments import detach
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.locks import members
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.places import Place, existing
from backchannel.storage.sql.rows import MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import conversation, member, message

ORIGINAL = (
    select(*ORIGINAL_COLUMNS)
    .select_from(MESSAGES)
    .where(conversation.c.number == parameter("place"), message.c.seq == parameter("seq"))
)
CHANGE = (
    update(message)
    .values(
        kind=parameter("new_kind"),
        body=parameter("new_body"),
        reply_to=parameter("new_reply_to"),
        revision=parameter("new_revision"),
        edited_at=parameter("new_edited_at"),
        deleted_at=parameter("new_deleted_at"),
        reactions=parameter("new_reactions"),
        files=parameter("new_files"),
        fingerprint=parameter("new_fingerprint"),
        checksum=parameter("new_checksum"),
    )
    .where(message.c.conversation == parameter("place"), message.c.seq == parameter("seq"))
)
COUNT_STANDING = (
    update(conversation)
    .values(first_count=parameter("first_count"), second_count=parameter("second_count"))
    .where(conversation.c.number == parameter("place"))
)
COUNT_READ = (
    update(member)
    .values(read_count=member.c.read_count + parameter("difference"))
    .where(
        member.c.account == parameter("reader"),
        member.c.conversation == parameter("place"),
        member.c.read_seq >= parameter("seq"),
    )
)


async def change(
    connection: Connection,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Callable[[Message | None], Message],
) -> Changed:
    """Replace a message, as `ports.storage.Messages.change` promises."""
    parties, places = await connection.fetch_together(
        members([conversation_id]), existing([conversation_id])
    )
    place = places[0] if places else None
    found = await connection.fetch(ORIGINAL, Original, place=place.number, seq=seq) if place else []
    before = verified(found[0]) if found else None
    after = revise(before)
    if found and after.deleted_at is None and not is_whole(found[0]):
        raise Damaged("this message is damaged on the server's disk; it can only be deleted")
    if place is not None and place.blocks and kind is not EventKind.DELETE:
        raise Blocked("one of the two has blocked the other")
    if before is None or place is None or after == before:
        return Changed(after)
    ledger = Ledger(parties)
    for party in ledger.parties.values():
        if party.erased_at is not None:
            _require_silence(party.id, before, after)
    mark = found[0].fingerprint
    if mark is None and content_of(after) != content_of(before):
        mark = fingerprint(*content_of(before))
    await _replace(connection, place, after, mark)
    if before.files and not after.files:
        await detach(connection, place.number, seq)
    standing = (after.deleted_at is None) - (before.deleted_at is None)
    if standing:
        reader = ledger.parties[after.recipient_id].number
        await _recount(connection, place, after, reader, standing)
    fact = Fact(kind, after)
    events: list[Event] = []
    for user_id in (after.sender_id, after.recipient_id):
        events += ledger.add(
            user_id, fact, at=_time(place, after), conversation=place.number, seq=seq
        )
    await ledger.write(connection)
    return Changed(after, tuple(events))


def _require_silence(user_id: str, before: Message, after: Message) -> None:
    """Refuse what an erased user, whose last requests may be late, would still say (S22)."""
    edits = after.sender_id == user_id and after.deleted_at is None and after.body != before.body
    if edits or reactions_by(user_id, after) - reactions_by(user_id, before):
        raise AccountDisabled("this account is deleted")


def _time(place: Place, changed: Message) -> int:
    """The time of the change, as exactly as storage knows it without a clock."""
    return max(place.updated_at, changed.edited_at or 0, changed.deleted_at or 0)


async def _replace(
    connection: Connection, place: Place, changed: Message, mark: str | None
) -> None:
    await connection.execute(
        CHANGE,
        place=place.number,
        seq=changed.seq,
        new_kind=changed.kind,
        new_body=changed.body,
        new_reply_to=changed.reply_to,
        new_revision=changed.revision,
        new_edited_at=changed.edited_at,
        new_deleted_at=changed.deleted_at,
        new_reactions=changed.reactions,
        new_files=changed.files,
        new_fingerprint=mark,
        new_checksum=checksum_of(changed),
    )


async def _recount(
    connection: Connection, place: Place, changed: Message, reader: int, standing: int
) -> None:
    if changed.sender_id == place.first_id:
        place.first_count += standing
    else:
        place.second_count += standing
    await connection.execute(
        COUNT_STANDING,
        place=place.number,
        first_count=place.first_count,
        second_count=place.second_count,
    )
    await connection.execute(
        COUNT_READ, place=place.number, reader=reader, seq=changed.seq, difference=standing
    )
