"""Deletion of the messages of an erased user, a page of a conversation at a time."""

import asyncio
from collections.abc import Sequence

import msgspec

from backchannel.domain.conversations import ConversationSettings
from backchannel.domain.erasures import Erased
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import new_id
from backchannel.domain.revisions import without_reactions_of
from backchannel.ports.storage import ErasedPart
from backchannel.storage.mongodb import erasure_records
from backchannel.storage.mongodb.account_documents import ErasureDocument
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.documents import ConversationDocument, MessageDocument
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.messages import documents_of
from backchannel.storage.mongodb.reader import in_conversation
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.checksummed_message import is_intact, verified

STEP = 8
"""The messages that are changed at a time: other tasks run in between."""


async def retract_page(
    transaction: Transaction,
    progress: ErasureDocument,
    conversation: ConversationDocument,
    *,
    limit: int,
    at: int,
) -> ErasedPart:
    """Delete the user's content from the next messages; then go on to the next conversation."""
    query = {"_id": in_conversation(conversation.id, after=progress.seq)}
    page = await documents_of(transaction, query, limit=limit)
    if not page:
        conversation.marks_of(progress.user_id).settings = ConversationSettings()
        progress.conversation, progress.seq = f"{conversation.id}\0", 0
        return ErasedPart()
    progress.seq = page[-1].id.seq
    own = [each for each in page if each.sender_id == progress.user_id]
    await detach(transaction, conversation.id, [each.id.seq for each in own])
    undeleted = [each for each in own if each.deleted_at is None]
    cleared: list[MessageDocument] = []
    for count, each in enumerate(page):
        if count % STEP == 0:
            await asyncio.sleep(0)
        if each.sender_id == progress.user_id:
            _retract(each, at)
        elif _clear(each, progress.user_id):
            cleared.append(each)
    recount(conversation, progress.user_id, undeleted)
    erasure_records.count(progress, Erased(messages=len(own), reactions=len(cleared)))
    peer_id = conversation.peer_of(progress.user_id)
    return ErasedPart(await _notify_peer(transaction, peer_id, [*undeleted, *cleared], at))


def _retract(document: MessageDocument, at: int) -> None:
    """Leave a tombstone. It gets a new key, since the sender chose the old one."""
    sent = document.original()
    deleted = sent.deleted_at is not None
    document.fingerprint = None
    document.replace_content(
        msgspec.structs.replace(
            sent,
            body="",
            reactions="",
            files="",
            client_id=new_id(),
            deleted_at=sent.deleted_at if deleted else at,
            revision=sent.revision if deleted else sent.revision + 1,
        )
    )


def _clear(document: MessageDocument, user_id: str) -> bool:
    """Take a user's reactions from a message; False if there are none."""
    before = document.original()
    after = without_reactions_of(user_id, before)
    if after is before:
        return False
    checksum, is_damaged = document.checksum, not is_intact(before)
    document.replace_content(after)
    if is_damaged:
        document.checksum = checksum
    return True


def recount(
    conversation: ConversationDocument, user_id: str, gone: Sequence[MessageDocument]
) -> None:
    """Correct the number of undeleted messages, and so the peer's number of unread ones."""
    reader = conversation.marks_of(conversation.peer_of(user_id))
    reader.read_count -= sum(each.id.seq <= reader.read_seq for each in gone)
    conversation.count(user_id, -len(gone))


async def _notify_peer(
    transaction: Transaction, peer_id: str, changed: Sequence[MessageDocument], at: int
) -> tuple[Event, ...]:
    """Enter each change into the peer's log, in the order of the messages."""
    logs = await LogWriter.open(transaction, [peer_id])
    events: list[Event] = []
    for each in sorted(changed, key=lambda document: document.id.seq):
        kind = EventKind.REACTION if each.deleted_at is None else EventKind.DELETE
        events += logs.add(peer_id, EventPayload(kind, verified(each.original())), at=at)
    return tuple(events)
