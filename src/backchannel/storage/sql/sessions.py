"""Sessions with the responder: made, renamed and deleted by their user."""

from sqlalchemy import BigInteger, Text, null, select, update

from backchannel.domain.conversations import ConversationKind, ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import fingerprint
from backchannel.storage.shared.kept import Original, content_of
from backchannel.storage.sql.attachments import detach_all
from backchannel.storage.sql.conversations import read_conversation
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.parameters import given, parameter
from backchannel.storage.sql.places import Place, add, places
from backchannel.storage.sql.questions import forget_all
from backchannel.storage.sql.rows import MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import conversation, member, message

_this_one = conversation.c.number == parameter("place")
RENAME = (
    update(conversation)
    .values(name=parameter("new_name"), updated_at=parameter("at"), deleted_at=null())
    .where(_this_one)
)
DELETE = (
    update(conversation)
    .values(deleted_at=parameter("at"), first_count=0, second_count=0)
    .where(_this_one)
)
RESET_MEMBER = (
    update(member)
    .values(read_count=0, settings="")
    .where(member.c.conversation == parameter("place"))
)
STANDING = (
    select(*ORIGINAL_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.conversation == parameter("place"), message.c.deleted_at.is_(None))
)
_purged = given("purged", seq=BigInteger, fingerprint=Text)
PURGE = (
    update(message)
    .values(
        body="",
        reactions="",
        files="",
        deleted_at=parameter("at"),
        revision=message.c.revision + 1,
        fingerprint=_purged["fingerprint"],
    )
    .where(message.c.conversation == parameter("place"), message.c.seq == _purged["seq"])
)


async def create_session(
    connection: Connection, user_id: str, key: str, *, name: str, at: int
) -> tuple[ConversationView, list[Event]]:
    """The user's session of that key, made if it does not exist or was deleted."""
    conversation_id = session_conversation_id(user_id, key)
    ledger = await Ledger.open(connection, [user_id])
    existing = await read_conversation(connection, user_id, conversation_id)
    if existing is not None:
        return existing, []
    if user_id not in ledger.parties or ledger.parties[user_id].erased_at is not None:
        raise NotFound("user not found")
    deleted = (await places(connection, [conversation_id])).get(conversation_id)
    if deleted is None:
        pair = ledger.parties[user_id], ledger.parties[RESPONDER_ID]
        new = {conversation_id: pair}
        await add(connection, new, ConversationKind.SESSION, at=at, key=key, name=name)
    else:
        await connection.execute(RENAME, place=deleted.number, new_name=name, at=at)
    events = await _tell(connection, ledger, user_id, conversation_id, "created", at=at)
    view = await read_conversation(connection, user_id, conversation_id)
    if view is None:
        raise NotFound("session not found")
    return view, events


async def rename_session(
    connection: Connection, user_id: str, key: str, *, name: str, at: int
) -> list[Event]:
    """Give a session another name. Raises `NotFound`."""
    ledger = await Ledger.open(connection, [user_id])
    place = await _session(connection, user_id, key)
    if ledger.parties[user_id].erased_at is not None:
        raise NotFound("session not found")
    await connection.execute(RENAME, place=place.number, new_name=name, at=at)
    return await _tell(connection, ledger, user_id, place.id, "renamed", at=at)


async def delete_session(connection: Connection, user_id: str, key: str, *, at: int) -> list[Event]:
    """Turn the session's messages into tombstones and list it no longer. Raises `NotFound`."""
    ledger = await Ledger.open(connection, [user_id])
    place = await _session(connection, user_id, key)
    standing = await connection.fetch(STANDING, Original, place=place.number)
    purged = [(each.seq, each.fingerprint or fingerprint(*content_of(each))) for each in standing]
    await connection.execute(PURGE, place=place.number, purged=purged, at=at)
    await detach_all(connection, place.number)
    await forget_all(connection, place.number)
    await connection.execute(RESET_MEMBER, place=place.number)
    await connection.execute(DELETE, place=place.number, at=at)
    return await _tell(connection, ledger, user_id, place.id, "deleted", at=at)


async def _session(connection: Connection, user_id: str, key: str) -> Place:
    conversation_id = session_conversation_id(user_id, key)
    place = (await places(connection, [conversation_id])).get(conversation_id)
    if place is None or place.deleted_at is not None:
        raise NotFound("session not found")
    return place


async def _tell(
    connection: Connection,
    ledger: Ledger,
    user_id: str,
    conversation_id: str,
    change: str,
    *,
    at: int,
) -> list[Event]:
    fact = Fact(EventKind.CONVERSATION, ConversationChange(conversation_id, change))
    events = ledger.add(user_id, fact, at=at)
    await ledger.write(connection)
    return events
