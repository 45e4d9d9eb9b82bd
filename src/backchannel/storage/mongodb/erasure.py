"""Erasure of the data of a user, a part at a time (rule S22).

Each transaction also stores the next conversation and the `seq` up to which it is done, so that
another process, or the same one after a crash, continues there.
"""

from collections.abc import Sequence

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.erasures import Erased
from backchannel.ports.storage import ErasedPart
from backchannel.storage.mongodb import erasure_records, files
from backchannel.storage.mongodb.account_documents import ErasureDocument
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.blocks import forget_blocks
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    Document,
    EntryKey,
    MessageKey,
)
from backchannel.storage.mongodb.erased_messages import retract_page
from backchannel.storage.mongodb.erasure_records import (
    complete,
    read_current,
    read_erasure,
    request_erasure,
)
from backchannel.storage.mongodb.files import read_owned, read_owned_uploads
from backchannel.storage.mongodb.invitations import forget_invitations
from backchannel.storage.mongodb.reader import (
    ASCENDING,
    PAST_THE_END,
    between,
    find_one,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.reports import erase_from_reports
from backchannel.storage.mongodb.schema import CONVERSATIONS, LOG, LOGINS, MESSAGES, USERS
from backchannel.storage.mongodb.sessions import forget_questions
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, using_database, writing


class _Entry(Document):
    id: EntryKey


class _Message(Document):
    id: MessageKey


async def erase_part(
    transaction: Transaction, erasure_id: str, *, limit: int, at: int
) -> ErasedPart:
    """Erase a part, as `ports.storage.Erasures.erase_part` specifies. Raises `NotFound`."""
    progress = await erasure_records.progress_of(transaction, erasure_id)
    if progress.completed_at is not None:
        return ErasedPart(complete=True)
    if progress.begun_at is None:
        progress.begun_at = at
    # The log first: its entries refer to messages that are about to be deleted.
    if entries := await _erase_log(transaction, progress.user_id, limit=limit):
        erasure_records.count(progress, Erased(events=entries))
        return ErasedPart()
    conversation = await _next_conversation(transaction, progress)
    if conversation is None:
        await _erase_rest(transaction, progress)
        return ErasedPart(complete=True)
    if conversation.id != progress.conversation:
        progress.conversation, progress.seq = conversation.id, 0
    if conversation.kind == ConversationKind.SESSION:
        await _erase_session(transaction, progress, conversation, limit=limit)
        return ErasedPart()
    return await retract_page(transaction, progress, conversation, limit=limit, at=at)


async def forget_owned(
    transaction: Transaction, erasure_id: str, file_ids: Sequence[str], gone: Erased
) -> None:
    """Forget files, as `ports.storage.Erasures.forget_owned` specifies. Raises `NotFound`."""
    progress = await erasure_records.progress_of(transaction, erasure_id)
    await files.forget_owned(transaction, progress.user_id, file_ids)
    erasure_records.count(progress, gone)


async def _erase_log(transaction: Transaction, user_id: str, *, limit: int) -> int:
    """Forget the oldest entries; returns their number."""
    query = {"_id": between(EntryKey(user_id, -1), EntryKey(user_id, PAST_THE_END))}
    order = [("_id", ASCENDING)]
    oldest = await transaction.rows(LOG, _Entry, query, order=order, limit=limit)
    user = await get_one(transaction, USERS, user_id)
    if not oldest or user is None:
        return 0
    user.floor = user.delivered_position = user.position
    end = EntryKey(user_id, oldest[-1].id.position + 1)
    transaction.cut(LOG, {"_id": between(EntryKey(user_id, -1), end)})
    return len(oldest)


async def _next_conversation(
    transaction: Transaction, progress: ErasureDocument
) -> ConversationDocument | None:
    query = {"members": progress.user_id, "_id": {"$gte": progress.conversation}}
    return await find_one(transaction, CONVERSATIONS, query, order=[("_id", ASCENDING)])


async def _erase_session(
    transaction: Transaction,
    progress: ErasureDocument,
    session: ConversationDocument,
    *,
    limit: int,
) -> None:
    """Forget the oldest messages of a session, of both sides; at last, the session itself."""
    query = {"_id": in_conversation(session.id)}
    order = [("_id", ASCENDING)]
    oldest = await transaction.rows(MESSAGES, _Message, query, order=order, limit=limit)
    if oldest:
        end = oldest[-1].id.seq + 1
        transaction.cut(MESSAGES, {"_id": in_conversation(session.id, before=end)})
        erasure_records.count(progress, Erased(messages=len(oldest)))
        return
    await detach(transaction, session.id)
    await forget_questions(transaction, session.id)
    transaction.remove(CONVERSATIONS, session)
    erasure_records.count(progress, Erased(sessions=1))


async def _erase_rest(transaction: Transaction, progress: ErasureDocument) -> None:
    await forget_invitations(transaction, progress.user_id)
    await erase_from_reports(transaction, progress.user_id)
    blocks = await forget_blocks(transaction, progress.user_id)
    gone = await transaction.find(LOGINS, {"user_id": progress.user_id})
    for each in gone:
        transaction.remove(LOGINS, each)
    erasure_records.count(progress, Erased(blocks=blocks, logins=len(gone)))


async def scrub(database: MongoDatabase) -> None:
    """Forget the batch that was written last.

    The server overwrites deleted data in its files as it continues to write.
    """
    await database.forget_batch()


class ErasureMethods(StorageMethods[MongoDatabase]):
    """Erasures; `ports.storage.Erasures` documents the methods."""

    request_erasure = writing(request_erasure)
    erasure = reading(read_erasure)
    erasures = reading(read_current)
    erase_part = writing(erase_part)
    owned_uploads = reading(read_owned_uploads)
    owned_files = reading(read_owned)
    forget_owned = writing(forget_owned)
    scrub = using_database(scrub)
    complete_erasure = writing(complete)
