"""Deletion of the messages of an erased user, a page of a conversation at a time."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, delete, func, null, select, update

from backchannel.domain.erasures import Erased
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import new_id
from backchannel.domain.messages import Message
from backchannel.domain.revisions import without_reactions_of
from backchannel.ports.storage import ErasedPart
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.erasure_records import ErasureProgress
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.messages import NEXT, PAST_THE_END
from backchannel.storage.sql.parameters import any_of, parameter, rows_parameter
from backchannel.storage.sql.schema import attachment, conversation, member, message
from backchannel.storage.sql.settings import FORGET_SETTINGS

_conversation = parameter("conversation")
_gone = rows_parameter(
    "retracted", seq=BigInteger, client_id=Text, deleted_at=BigInteger, revision=BigInteger
)
_reacted = rows_parameter("reacted", seq=BigInteger, reactions=Text, revision=BigInteger)
# The bounds keep a long conversation from being looked through for each row.
_in_page = (message.c.conversation == _conversation) & message.c.seq.between(
    parameter("first_seq"), parameter("last_seq")
)
RETRACT = (
    update(message)
    .values(
        body="",
        reactions="",
        files="",
        client_id=_gone["client_id"],
        deleted_at=_gone["deleted_at"],
        revision=_gone["revision"],
        fingerprint=null(),
    )
    .where(_in_page, message.c.seq == _gone["seq"])
)
REACT = (
    update(message)
    .values(reactions=_reacted["reactions"], revision=_reacted["revision"])
    .where(_in_page, message.c.seq == _reacted["seq"])
)
DETACH = delete(attachment).where(
    attachment.c.conversation == _conversation, attachment.c.seq.in_(any_of("seqs", BigInteger))
)
COUNT_MESSAGES = (
    update(conversation)
    .values(
        first_count=conversation.c.first_count - parameter("of_first"),
        second_count=conversation.c.second_count - parameter("of_second"),
    )
    .where(conversation.c.number == _conversation)
)
READ_UP_TO = select(func.coalesce(func.max(member.c.read_seq), 0)).where(
    member.c.conversation == _conversation, member.c.account == parameter("reader")
)
COUNT_READ = (
    update(member)
    .values(read_count=member.c.read_count - parameter("fewer"))
    .where(member.c.conversation == _conversation, member.c.account == parameter("reader"))
)


class ErasedConversation(msgspec.Struct):
    """A conversation of an erased user; a session's other member is number 0."""

    number: int
    id: str
    kind: str
    first: int
    second: int
    first_id: str
    second_id: str


async def retract_page(
    transaction: Transaction,
    progress: ErasureProgress,
    erased: ErasedConversation,
    *,
    limit: int,
    at: int,
) -> ErasedPart:
    """Delete the user's content from the next messages; then go on to the next conversation."""
    page = await fetch_messages(
        transaction,
        NEXT.text(in_steps=transaction.reads_in_steps),
        conversation_id=erased.id,
        after=progress.seq,
        before=PAST_THE_END,
        limit=limit,
    )
    if not page:
        await transaction.execute(
            FORGET_SETTINGS, account=progress.account, conversation=erased.number
        )
        progress.conversation, progress.seq = erased.number + 1, 0
        return ErasedPart()
    progress.seq = page[-1].seq
    own = [_retracted(each, at) for each in page if each.sender_id == progress.user_id]
    before = {each.seq: each for each in page}
    undeleted = [each for each in own if before[each.seq].deleted_at is None]
    cleared = [
        without
        for each in page
        if (without := without_reactions_of(progress.user_id, each)) is not each
        and each.sender_id != progress.user_id
    ]
    await _store(transaction, erased, own, cleared)
    await _recount(transaction, progress, erased, undeleted)
    progress.count(Erased(messages=len(own), reactions=len(cleared)))
    changed = [*undeleted, *cleared]
    return ErasedPart(await _notify_peer(transaction, erased, progress.user_id, changed, at))


def _retracted(sent: Message, at: int) -> Message:
    """A tombstone. It gets a new key, since the sender chose the old one."""
    deleted = sent.deleted_at is not None
    return msgspec.structs.replace(
        sent,
        body="",
        reactions="",
        files="",
        client_id=new_id(),
        deleted_at=sent.deleted_at if deleted else at,
        revision=sent.revision if deleted else sent.revision + 1,
    )


async def _store(
    transaction: Transaction,
    erased: ErasedConversation,
    own: Sequence[Message],
    cleared: Sequence[Message],
) -> None:
    if own:
        rows = [(each.seq, each.client_id, each.deleted_at, each.revision) for each in own]
        await transaction.execute(RETRACT, **_page(erased, own), retracted=rows)
        seqs = [each.seq for each in own]
        await transaction.execute(DETACH, conversation=erased.number, seqs=seqs)
    if cleared:
        reacted = [(each.seq, each.reactions, each.revision) for each in cleared]
        await transaction.execute(REACT, **_page(erased, cleared), reacted=reacted)


def _page(erased: ErasedConversation, messages: Sequence[Message]) -> dict[str, int]:
    """The places of the messages, which are in the order of their `seq`."""
    return {
        "conversation": erased.number,
        "first_seq": messages[0].seq,
        "last_seq": messages[-1].seq,
    }


async def _recount(
    transaction: Transaction,
    progress: ErasureProgress,
    erased: ErasedConversation,
    gone: Sequence[Message],
) -> None:
    """Correct the number of undeleted messages, and so the peer's number of unread ones."""
    number, is_first = erased.number, erased.first == progress.account
    reader = erased.second if is_first else erased.first
    (read_seq,) = await transaction.fetch(READ_UP_TO, int, conversation=number, reader=reader)
    fewer = sum(each.seq <= read_seq for each in gone)
    of_first, of_second = (len(gone), 0) if is_first else (0, len(gone))
    await transaction.execute(
        COUNT_MESSAGES, conversation=number, of_first=of_first, of_second=of_second
    )
    await transaction.execute(COUNT_READ, conversation=number, reader=reader, fewer=fewer)


async def _notify_peer(
    transaction: Transaction,
    erased: ErasedConversation,
    user_id: str,
    changed: Sequence[Message],
    at: int,
) -> tuple[Event, ...]:
    """Enter each change into the peer's log, in the order of the messages."""
    peer_id = erased.second_id if erased.first_id == user_id else erased.first_id
    logs = await LogWriter.open(transaction, [peer_id])
    events: list[Event] = []
    for each in sorted(changed, key=lambda message: message.seq):
        kind = EventKind.REACTION if each.deleted_at is None else EventKind.DELETE
        events += logs.add(
            peer_id, EventPayload(kind, each), at=at, conversation=erased.number, seq=each.seq
        )
    await logs.write(transaction)
    return tuple(events)
