"""Searching: the index names candidates, and the messages themselves decide."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import func, or_, select, union_all

from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import contains
from backchannel.ports.search import Found
from backchannel.storage.shared.kept import Kept, verified
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.messages import PAST_THE_END
from backchannel.storage.sql.pages import SIZE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import account, conversation, message
from backchannel.storage.sql.sqlite.index import query, search_index, search_stale
from backchannel.storage.sql.sqlite.indexer import REACHED

PAGE = 200
"""Candidates looked up at a time."""
TEXTS_BYTES = 1 << 18
"""Bytes of text read at a time: a thread that decodes them lets no other one run."""
MOST_PAGES = 25
MOST_CHARACTERS = 500_000
"""What one search reads before it leaves the rest to the next: some hundredths of a second."""
MOST_FRESH = 20_000
"""How many messages that are not indexed yet, everybody's together, are looked through."""

_is_mine = or_(
    conversation.c.first == parameter("account"), conversation.c.second == parameter("account")
)
ACCOUNT = select(account.c.number).where(account.c.id == parameter("user_id"))
CONVERSATION = select(conversation.c.number).where(
    conversation.c.id == parameter("conversation_id"), _is_mine
)
CURSOR = (
    select(message.c.number)
    .select_from(MESSAGES)
    .where(message.c.id == parameter("message_id"), _is_mine)
)

_indexed = (
    select(search_index.c.rowid)
    .where(
        search_index.c.search_index.op("MATCH")(parameter("match")),
        search_index.c.rowid < parameter("before"),
    )
    .order_by(search_index.c.rowid.desc())
    .limit(parameter("page"))
)
_newest = select(func.max(message.c.number)).scalar_subquery()
_fresh = (
    select(message.c.number)
    .select_from(MESSAGES)
    .where(
        message.c.number > func.max(REACHED, _newest - MOST_FRESH),
        message.c.number < parameter("before"),
        _is_mine,
    )
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
_changed = select(search_stale.c.number).where(search_stale.c.number < parameter("before"))
_numbers = union_all(
    select(_indexed.subquery()), select(_fresh.subquery()), select(_changed.subquery())
)
CANDIDATES = (
    select(message.c.number, SIZE)
    .select_from(MESSAGES)
    .where(
        message.c.number.in_(_numbers),
        _is_mine,
        or_(parameter("place").is_(None), message.c.conversation == parameter("place")),
        message.c.deleted_at.is_(None),
        conversation.c.deleted_at.is_(None),
    )
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
TEXTS = (
    select(*KEPT_COLUMNS, message.c.number)
    .select_from(MESSAGES)
    .where(message.c.number.in_(any_of("numbers")))
    .order_by(message.c.number.desc())
)


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    number: int
    size: int


class _Text(Kept, frozen=True, gc=False):
    number: int = 0


class _Scope(msgspec.Struct, frozen=True):
    """Whose messages are meant, in which conversation, and before which one."""

    account: int
    place: int | None
    before: int


async def search(
    connection: Connection,
    user_id: str,
    terms: Sequence[str],
    *,
    conversation_id: str | None,
    before: str | None,
    limit: int,
) -> Found:
    """As `ports.search.Search` promises."""
    scope = await _scope(connection, user_id, conversation_id, before)
    if scope is None or any("\0" in term for term in terms):  # no text contains it
        return Found((), None)
    match = query(terms, account=scope.account, conversation=scope.place)
    found: list[Message] = []
    number, cursor, characters = scope.before, None, 0
    for _ in range(MOST_PAGES):
        page = await _candidates(connection, scope, match, before=number)
        for numbers in _parts(page):
            for text in await connection.fetch(TEXTS, _Text, numbers=numbers):
                number, cursor = text.number, text.id
                characters += len(text.body)
                if contains(text.body, terms):
                    found.append(verified(text))
                if len(found) == limit or characters > MOST_CHARACTERS:
                    return Found(tuple(found), cursor, characters)
        if len(page) < PAGE:
            return Found(tuple(found), None, characters)
    return Found(tuple(found), cursor, characters)


def _parts(page: Sequence[_Candidate]) -> Iterator[list[int]]:
    """The numbers of candidates whose texts may be read together."""
    part: list[int] = []
    size = 0
    for candidate in page:
        part.append(candidate.number)
        size += candidate.size
        if size >= TEXTS_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


async def _candidates(
    connection: Connection, scope: _Scope, match: str, *, before: int
) -> list[_Candidate]:
    return await connection.fetch(
        CANDIDATES,
        _Candidate,
        match=match,
        account=scope.account,
        place=scope.place,
        before=before,
        page=PAGE,
    )


async def _scope(
    connection: Connection, user_id: str, conversation_id: str | None, before: str | None
) -> _Scope | None:
    """None where the user has nothing to search."""
    accounts = await connection.fetch(ACCOUNT, int, user_id=user_id)
    if not accounts:
        return None
    mine, place, cursor = accounts[0], None, PAST_THE_END
    if conversation_id is not None:
        places = await connection.fetch(
            CONVERSATION, int, conversation_id=conversation_id, account=mine
        )
        if not places:
            return None
        place = places[0]
    if before is not None:
        cursors = await connection.fetch(CURSOR, int, message_id=before, account=mine)
        if not cursors:
            raise Invalid("cursor must be the next of the page before", field="cursor")
        cursor = cursors[0]
    return _Scope(mine, place, cursor)
