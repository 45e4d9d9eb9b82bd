"""Searching: an index names candidates, and the messages themselves decide.

Each engine has an index of its own, and may bring it up to date behind its writes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, CompoundSelect, SelectBase, or_, select

from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import contains
from backchannel.ports.search import Found
from backchannel.storage.shared.kept import Kept, verified
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.messages import PAST_THE_END
from backchannel.storage.sql.pages import SIZE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.parts import Sized, parts
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import account, conversation, message

PAGE = 200
"""Candidates looked up at a time."""
MOST_PAGES = 25
MOST_CHARACTERS = 500_000
"""The most that one search reads, some hundredths of a second; the next one goes on from there."""

is_mine = or_(
    conversation.c.first == parameter("account"), conversation.c.second == parameter("account")
)
_place = parameter("place", BigInteger)
ACCOUNT = select(account.c.number).where(account.c.id == parameter("user_id"))
CONVERSATION = select(conversation.c.number).where(
    conversation.c.id == parameter("conversation_id"), is_mine
)
CURSOR = (
    select(message.c.number)
    .select_from(MESSAGES)
    .where(message.c.id == parameter("message_id"), is_mine)
)

TEXTS = (
    select(*KEPT_COLUMNS, message.c.number)
    .select_from(MESSAGES)
    .where(message.c.number.in_(any_of("numbers", BigInteger)))
    .order_by(message.c.number.desc())
)


@dataclass(frozen=True)
class Index:
    """The candidates that an engine finds for `:match`, `:account`, `:before` and `:page`.

    `match` makes of folded terms what the index is asked: for messages of the account, or of one
    conversation.
    """

    candidates: SelectBase
    match: Callable[[Sequence[str], int, int | None], object]


class _Text(Kept, frozen=True, gc=False):
    number: int = 0


class _Scope(msgspec.Struct, frozen=True):
    """The scope of a search: the account, the conversation, and the message to begin before."""

    account: int
    place: int | None
    before: int


def candidates(numbers: CompoundSelect[Any]) -> SelectBase:
    """Of the messages with these numbers, those that may be found, newest first."""
    return (
        select(message.c.number, SIZE)
        .select_from(MESSAGES)
        .where(
            message.c.number.in_(numbers),
            is_mine,
            or_(_place.is_(None), message.c.conversation == _place),
            message.c.deleted_at.is_(None),
            conversation.c.deleted_at.is_(None),
        )
        .order_by(message.c.number.desc())
        .limit(parameter("page"))
    )


async def search(
    connection: Connection,
    index: Index,
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
    match = index.match(terms, scope.account, scope.place)
    found: list[Message] = []
    number, cursor, characters = scope.before, None, 0
    for _ in range(MOST_PAGES):
        page = await _candidates(connection, index, scope, match, before=number)
        for numbers in parts(page):
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


async def _candidates(
    connection: Connection, index: Index, scope: _Scope, match: object, *, before: int
) -> list[Sized]:
    return await connection.fetch(
        index.candidates,
        Sized,
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
