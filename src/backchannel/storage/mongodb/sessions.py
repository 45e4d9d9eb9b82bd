"""Sessions with the responder: made, renamed and deleted by their user."""

import asyncio

import msgspec

from backchannel.domain.conversations import ConversationSettings, ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact
from backchannel.domain.ids import session_conversation_id
from backchannel.domain.messages import fingerprint
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.conversations import read_conversation, view_of
from backchannel.storage.mongodb.documents import ConversationDocument, MessageDocument
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.pages import documents_of
from backchannel.storage.mongodb.places import begin_session
from backchannel.storage.mongodb.questions import forget_all
from backchannel.storage.mongodb.reader import get_one, in_conversation
from backchannel.storage.mongodb.retracting import STEP, recount
from backchannel.storage.mongodb.schema import CONVERSATIONS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.kept import content_of

PAGE = 200
"""Messages of a deleted session that one transaction turns into tombstones."""


async def create_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> tuple[ConversationView, list[Event]]:
    """The user's session of that key, made if it does not exist or was deleted."""
    conversation_id = session_conversation_id(user_id, key)
    existing = await read_conversation(transaction, user_id, conversation_id)
    if existing is not None:
        return existing, []
    ledger = await Ledger.open(transaction, [user_id])
    if user_id not in ledger.users or ledger.users[user_id].erased_at is not None:
        raise NotFound("user not found")
    session = await get_one(transaction, CONVERSATIONS, conversation_id)
    if session is None:
        session = begin_session(transaction, user_id, key, name=name, at=at)
    else:
        _rename(session, name, at)
    view = await read_conversation(transaction, user_id, conversation_id)
    return view or view_of(session, user_id, None), _tell(ledger, user_id, session, "created", at)


async def rename_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> list[Event]:
    """Give a session another name. Raises `NotFound`."""
    session = await _session(transaction, user_id, key)
    ledger = await Ledger.open(transaction, [user_id])
    if ledger.users[user_id].erased_at is not None:
        raise NotFound("session not found")
    _rename(session, name, at)
    return _tell(ledger, user_id, session, "renamed", at)


async def delete_page(
    transaction: Transaction, user_id: str, key: str, *, after: int, at: int
) -> tuple[int | None, list[Event]]:
    """Turn the session's next messages into tombstones; past the last one, list it no longer.

    Returns the `seq` to go on after, None at the end, and the events. Raises `NotFound`.
    """
    session = await _session(transaction, user_id, key)
    query = {"_id": in_conversation(session.id, after=after), "deleted_at": None}
    page = await documents_of(transaction, query, limit=PAGE)
    if not page:
        return None, await _delete(transaction, user_id, session, at)
    last_seq = page[-1].id.seq
    await detach(transaction, session.id, [each.id.seq for each in page])
    await forget_all(transaction, session.id, before=last_seq + 1)
    for count, message in enumerate(page):
        if count % STEP == 0:
            await asyncio.sleep(0)
        _purge(message, at)
    for party in (session.first_id, session.second_id):
        recount(session, party, [each for each in page if each.sender_id == party])
    return last_seq, []


async def _delete(
    transaction: Transaction, user_id: str, session: ConversationDocument, at: int
) -> list[Event]:
    await detach(transaction, session.id)
    await forget_all(transaction, session.id)
    session.first, session.second = (
        msgspec.structs.replace(each, read_count=0, settings=ConversationSettings())
        for each in (session.first, session.second)
    )
    session.first_count = session.second_count = 0
    session.deleted_at, session.listed = at, False
    ledger = await Ledger.open(transaction, [user_id])
    return _tell(ledger, user_id, session, "deleted", at)


async def _session(transaction: Transaction, user_id: str, key: str) -> ConversationDocument:
    found = await get_one(transaction, CONVERSATIONS, session_conversation_id(user_id, key))
    if found is None or found.deleted_at is not None:
        raise NotFound("session not found")
    return found


def _rename(session: ConversationDocument, name: str, at: int) -> None:
    session.name, session.updated_at = name, at
    session.deleted_at, session.listed = None, True


def _purge(document: MessageDocument, at: int) -> None:
    message = document.original()
    document.fingerprint = message.fingerprint or fingerprint(*content_of(message))
    document.become(
        msgspec.structs.replace(
            message, body="", reactions="", files="", deleted_at=at, revision=message.revision + 1
        )
    )


def _tell(
    ledger: Ledger, user_id: str, session: ConversationDocument, change: str, at: int
) -> list[Event]:
    fact = Fact(EventKind.CONVERSATION, ConversationChange(session.id, change))
    return ledger.add(user_id, fact, at=at)
