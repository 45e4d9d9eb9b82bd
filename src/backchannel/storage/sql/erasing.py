"""Taking away what an erased user has left, a part at a time (rule S22).

The erasure keeps the conversation that is next and the `seq` up to which it is done, in the
transaction that did it: so two processes, or one after its crash, go on where the last one was.
"""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.erasures import Erased
from backchannel.ports.storage import ErasedPart
from backchannel.storage.sql import erasures, files
from backchannel.storage.sql.attachments import detach_all
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.erasures import Progress
from backchannel.storage.sql.invitations import FORGET_OF_USER
from backchannel.storage.sql.locks import lock, users
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.questions import forget_all
from backchannel.storage.sql.retracting import Dialogue, retract_page
from backchannel.storage.sql.schema import (
    block,
    conversation,
    log,
    log_head,
    login,
    member,
    message,
)

_own_log = log.c.account == parameter("account")
FIRST_ENTRY = select(func.coalesce(func.min(log.c.position), 0)).where(_own_log)
FORGET_ENTRIES = delete(log).where(_own_log, log.c.position < parameter("stop"))
RAISE_FLOOR = (
    update(log_head)
    .values(floor=log_head.c.position, delivered_position=log_head.c.position)
    .where(log_head.c.account == parameter("account"))
)

NEXT_DIALOGUE = (
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
    .where(member.c.account == parameter("account"), member.c.conversation >= parameter("place"))
    .order_by(member.c.conversation)
    .limit(1)
)

_in_place = message.c.conversation == parameter("place")
FIRST_SEQ = select(func.coalesce(func.min(message.c.seq), 0)).where(_in_place)
FORGET_MESSAGES = delete(message).where(_in_place, message.c.seq < parameter("stop"))
FORGET_MEMBER = delete(member).where(member.c.conversation == parameter("place"))
FORGET_CONVERSATION = delete(conversation).where(conversation.c.number == parameter("place"))

FORGET_BLOCKS = delete(block).where(block.c.account == parameter("account"))
FORGET_LOGINS = delete(login).where(login.c.user_id == parameter("user_id"))


async def erase_part(connection: Connection, erasure_id: str, *, limit: int, at: int) -> ErasedPart:
    """Take away a part, as `ports.storage.Erasures.erase_part` promises. Raises `NotFound`."""
    seen = await _next(connection, erasure_id)
    progress, dialogue = seen
    members = {dialogue.first_id, dialogue.second_id} if dialogue else set[str]()
    await lock(connection, users({progress.user_id, *members}))
    if await _next(connection, erasure_id) != seen:
        return ErasedPart()  # another process has taken away this part
    if progress.completed_at is not None:
        return ErasedPart(complete=True)
    await erasures.begin(connection, erasure_id, at=at)
    part = await _next_part(connection, progress, dialogue, limit=limit, at=at)
    await erasures.advance(connection, progress)
    return part


async def forget_owned(
    connection: Connection, erasure_id: str, file_ids: Sequence[str], gone: Erased
) -> None:
    """Forget files, as `ports.storage.Erasures.forget_owned` promises. Raises `NotFound`."""
    user_id = (await erasures.progress_of(connection, erasure_id)).user_id
    await lock(connection, users([user_id]))
    progress = await erasures.progress_of(connection, erasure_id)
    await files.forget_owned(connection, user_id, file_ids)
    progress.count(gone)
    await erasures.advance(connection, progress)


async def _next(connection: Connection, erasure_id: str) -> tuple[Progress, Dialogue | None]:
    """The progress of an erasure, and the conversation that is next."""
    progress = await erasures.progress_of(connection, erasure_id)
    found = await connection.fetch(
        NEXT_DIALOGUE, Dialogue, account=progress.account, place=progress.conversation
    )
    return progress, found[0] if found else None


async def _next_part(
    connection: Connection, progress: Progress, dialogue: Dialogue | None, *, limit: int, at: int
) -> ErasedPart:
    # The log first: its entries lead to messages that are about to go.
    if entries := await _erase_log(connection, progress.account, limit=limit):
        progress.count(Erased(events=entries))
        return ErasedPart()
    if dialogue is None:
        await _erase_rest(connection, progress)
        return ErasedPart(complete=True)
    if dialogue.number > progress.conversation:
        progress.conversation, progress.seq = dialogue.number, 0
    if dialogue.kind == ConversationKind.SESSION:
        await _erase_session(connection, progress, dialogue.number, limit=limit)
        return ErasedPart()
    return await retract_page(connection, progress, dialogue, limit=limit, at=at)


async def _erase_log(connection: Connection, account: int, *, limit: int) -> int:
    """Forget the oldest entries; how many went."""
    (first,) = await connection.fetch(FIRST_ENTRY, int, account=account)
    if not first:
        return 0
    await connection.execute(RAISE_FLOOR, account=account)
    return await connection.execute(FORGET_ENTRIES, account=account, stop=first + limit)


async def _erase_session(
    connection: Connection, progress: Progress, place: int, *, limit: int
) -> None:
    """Forget the oldest messages of a session, both sides; once there are none, all of it."""
    (first,) = await connection.fetch(FIRST_SEQ, int, place=place)
    if first:
        gone = await connection.execute(FORGET_MESSAGES, place=place, stop=first + limit)
        progress.count(Erased(messages=gone))
        return
    await detach_all(connection, place)
    await forget_all(connection, place)
    await connection.execute(FORGET_MEMBER, place=place)
    await connection.execute(FORGET_CONVERSATION, place=place)
    progress.count(Erased(sessions=1))


async def _erase_rest(connection: Connection, progress: Progress) -> None:
    await connection.execute(FORGET_OF_USER, inviter_id=progress.user_id)
    blocks = await connection.execute(FORGET_BLOCKS, account=progress.account)
    logins = await connection.execute(FORGET_LOGINS, user_id=progress.user_id)
    progress.count(Erased(blocks=blocks, logins=logins))
