"""Erasure of the data of a user, a part at a time (rule S22).

Each transaction also stores the next conversation and the `seq` up to which it is done, so that
another process, or the same one after a crash, continues there.
"""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.erasures import Erased
from backchannel.ports.storage import ErasedPart
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql import erasure_records, files
from backchannel.storage.sql.attachments import detach_all
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.erased_messages import ErasedConversation, retract_page
from backchannel.storage.sql.erasure_records import (
    ErasureProgress,
    complete,
    read_current,
    read_erasure,
    request_erasure,
)
from backchannel.storage.sql.files import read_owned, read_owned_uploads
from backchannel.storage.sql.invitations import FORGET_OF_USER
from backchannel.storage.sql.locks import lock, users_by_id
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.reports import erase_from_reports
from backchannel.storage.sql.schema import (
    block,
    conversation,
    log,
    log_head,
    login,
    member,
    message,
)
from backchannel.storage.sql.sessions import forget_questions

_own_log = log.c.account == parameter("account")
FIRST_ENTRY = select(func.coalesce(func.min(log.c.position), 0)).where(_own_log)
FORGET_ENTRIES = delete(log).where(_own_log, log.c.position < parameter("stop"))
RAISE_FLOOR = (
    update(log_head)
    .values(floor=log_head.c.position, delivered_position=log_head.c.position)
    .where(log_head.c.account == parameter("account"))
)

NEXT_CONVERSATION = (
    select(
        conversation.c.number,
        conversation.c.id,
        conversation.c.kind,
        conversation.c.first,
        conversation.c.second,
        conversation.c.first_id,
        conversation.c.second_id,
    )
    .join(member, member.c.conversation == conversation.c.number)
    .where(
        member.c.account == parameter("account"), member.c.conversation >= parameter("conversation")
    )
    .order_by(member.c.conversation)
    .limit(1)
)

_in_conversation = message.c.conversation == parameter("conversation")
FIRST_SEQ = select(func.coalesce(func.min(message.c.seq), 0)).where(_in_conversation)
FORGET_MESSAGES = delete(message).where(_in_conversation, message.c.seq < parameter("stop"))
FORGET_MEMBER = delete(member).where(member.c.conversation == parameter("conversation"))
FORGET_CONVERSATION = delete(conversation).where(conversation.c.number == parameter("conversation"))

FORGET_BLOCKS = delete(block).where(block.c.account == parameter("account"))
FORGET_LOGINS = delete(login).where(login.c.user_id == parameter("user_id"))


async def erase_part(
    transaction: Transaction, erasure_id: str, *, limit: int, at: int
) -> ErasedPart:
    """Erase a part, as `ports.storage.Erasures.erase_part` specifies. Raises `NotFound`."""
    seen = await _next(transaction, erasure_id)
    progress, erased = seen
    members = {erased.first_id, erased.second_id} if erased else set[str]()
    await lock(transaction, users_by_id({progress.user_id, *members}))
    if await _next(transaction, erasure_id) != seen:
        return ErasedPart()  # another process has taken away this part
    if progress.completed_at is not None:
        return ErasedPart(complete=True)
    await erasure_records.note_begun(transaction, erasure_id, at=at)
    part = await _next_part(transaction, progress, erased, limit=limit, at=at)
    await erasure_records.advance(transaction, progress)
    return part


async def forget_owned(
    transaction: Transaction, erasure_id: str, file_ids: Sequence[str], gone: Erased
) -> None:
    """Forget files, as `ports.storage.Erasures.forget_owned` specifies. Raises `NotFound`."""
    user_id = (await erasure_records.progress_of(transaction, erasure_id)).user_id
    await lock(transaction, users_by_id([user_id]))
    progress = await erasure_records.progress_of(transaction, erasure_id)
    await files.forget_owned(transaction, user_id, file_ids)
    progress.count(gone)
    await erasure_records.advance(transaction, progress)


async def _next(
    transaction: Transaction, erasure_id: str
) -> tuple[ErasureProgress, ErasedConversation | None]:
    """The progress of an erasure, and the conversation that is next."""
    progress = await erasure_records.progress_of(transaction, erasure_id)
    found = await transaction.fetch(
        NEXT_CONVERSATION,
        ErasedConversation,
        account=progress.account,
        conversation=progress.conversation,
    )
    return progress, found[0] if found else None


async def _next_part(
    transaction: Transaction,
    progress: ErasureProgress,
    erased: ErasedConversation | None,
    *,
    limit: int,
    at: int,
) -> ErasedPart:
    # The log first: its entries refer to messages that are about to be deleted.
    if entries := await _erase_log(transaction, progress.account, limit=limit):
        progress.count(Erased(events=entries))
        return ErasedPart()
    if erased is None:
        await _erase_rest(transaction, progress)
        return ErasedPart(complete=True)
    if erased.number > progress.conversation:
        progress.conversation, progress.seq = erased.number, 0
    if erased.kind == ConversationKind.SESSION:
        await _erase_session(transaction, progress, erased.number, limit=limit)
        return ErasedPart()
    return await retract_page(transaction, progress, erased, limit=limit, at=at)


async def _erase_log(transaction: Transaction, account: int, *, limit: int) -> int:
    """Forget the oldest entries; returns their number."""
    (first,) = await transaction.fetch(FIRST_ENTRY, int, account=account)
    if not first:
        return 0
    await transaction.execute(RAISE_FLOOR, account=account)
    return await transaction.execute(FORGET_ENTRIES, account=account, stop=first + limit)


async def _erase_session(
    transaction: Transaction, progress: ErasureProgress, number: int, *, limit: int
) -> None:
    """Forget the oldest messages of a session, of both sides; at last, the session itself."""
    (first,) = await transaction.fetch(FIRST_SEQ, int, conversation=number)
    if first:
        gone = await transaction.execute(FORGET_MESSAGES, conversation=number, stop=first + limit)
        progress.count(Erased(messages=gone))
        return
    await detach_all(transaction, number)
    await forget_questions(transaction, number)
    await transaction.execute(FORGET_MEMBER, conversation=number)
    await transaction.execute(FORGET_CONVERSATION, conversation=number)
    progress.count(Erased(sessions=1))


async def _erase_rest(transaction: Transaction, progress: ErasureProgress) -> None:
    await transaction.execute(FORGET_OF_USER, inviter_id=progress.user_id)
    await erase_from_reports(transaction, progress.user_id)
    blocks = await transaction.execute(FORGET_BLOCKS, account=progress.account)
    logins = await transaction.execute(FORGET_LOGINS, user_id=progress.user_id)
    progress.count(Erased(blocks=blocks, logins=logins))


class ErasureMethods(StorageMethods[Database]):
    """Erasures; `ports.storage.Erasures` documents the methods."""

    request_erasure = writing(request_erasure)
    erasure = reading(read_erasure)
    erasures = reading(read_current)
    erase_part = writing(erase_part)
    owned_uploads = reading(read_owned_uploads)
    owned_files = reading(read_owned)
    forget_owned = writing(forget_owned)
    complete_erasure = writing(complete)
