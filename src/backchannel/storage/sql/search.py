"""Searching: an index names candidates, which are then compared with the terms.

Each engine has its own index, which may lag behind its writes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, CompoundSelect, SelectBase, and_, case, or_, select

from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import LINK_PARTS, SearchFilter, contains
from backchannel.ports.storage.messages import Found
from backchannel.storage.shared.checksummed_message import ChecksummedMessage, verified
from backchannel.storage.shared.search import number_at_time, parts
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.messages import PAST_THE_END
from backchannel.storage.sql.page_queries import SIZE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES, SizedMessage
from backchannel.storage.sql.schema import account, conversation, message

PAGE = 200
"""Candidates looked up at a time."""
MOST_PAGES = 25
MOST_CHARACTERS = 500_000
"""The most that one search reads, some hundredths of a second; the next one continues there."""

is_mine = or_(
    conversation.c.first == parameter("account"), conversation.c.second == parameter("account")
)
_conversation = parameter("conversation", BigInteger)
in_scope = and_(is_mine, or_(_conversation.is_(None), message.c.conversation == _conversation))
"""Holds for the messages of the account, or of one of its conversations."""
ACCOUNT = select(account.c.number).where(account.c.id == parameter("user_id"))
CONVERSATION = select(conversation.c.number).where(
    conversation.c.id == parameter("conversation_id"), is_mine
)
CURSOR = (
    select(message.c.number)
    .select_from(MESSAGES)
    .where(message.c.id == parameter("message_id"), is_mine)
)

NEWEST = select(message.c.number).order_by(message.c.number.desc()).limit(1)
CREATED_AT = (
    select(message.c.created_at)
    .where(message.c.number <= parameter("number"))
    .order_by(message.c.number.desc())
    .limit(1)
)
TEXTS = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.number.in_(any_of("numbers", BigInteger)))
    .order_by(message.c.number.desc())
)


@dataclass(frozen=True)
class Index:
    """The query by which an engine finds candidates, and its condition on the index.

    The parameters of `candidates` are `match`, `account`, `conversation`, `before` and `page`, the
    most messages that each part of the query gives. `match` makes of folded terms the condition on
    the index: messages of the account, or of one conversation.
    """

    candidates: SelectBase
    match: Callable[[Sequence[str], int, int | None], object]


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    """A message that the index names.

    `id` is None if it is not in the scope or no longer exists; `size` is that of its variable
    parts, and None if the user must not find it.
    """

    number: int
    id: str | None
    size: int | None


class _Scope(msgspec.Struct, frozen=True):
    """The scope of a search: the account, the conversation, and the message to begin before."""

    account: int
    conversation: int | None
    before: int


def candidates(numbers: CompoundSelect[Any]) -> SelectBase:
    """The newest of these numbers, each with the data of its message that the user may know.

    Those of messages that must not be found are among them: a page of them does not end the search.
    """
    named = numbers.subquery()
    (number,) = named.c
    may_be_found = and_(
        in_scope,
        message.c.deleted_at.is_(None),
        conversation.c.deleted_at.is_(None),
        or_(conversation.c.asked.is_(None), conversation.c.asked != parameter("account")),
    )
    return (
        select(number, case((in_scope, message.c.id)), case((may_be_found, SIZE)))
        .select_from(
            named.outerjoin(message, message.c.number == number).outerjoin(
                conversation, conversation.c.number == message.c.conversation
            )
        )
        .order_by(number.desc())
        .limit(parameter("page"))
    )


async def search(  # noqa: PLR0913 - as in the port
    transaction: Transaction,
    index: Index,
    user_id: str,
    terms: Sequence[str],
    *,
    conversation_id: str | None,
    before: str | None,
    only: SearchFilter,
    limit: int,
) -> Found:
    """Implements `ports.storage.messages.Search`."""
    scope = await _scope(transaction, user_id, conversation_id, before, until=only.until)
    if scope is None or any("\0" in term for term in terms):  # no text contains it
        return Found((), None)
    # The index finds links faster than reading all texts does.
    asked = [[*terms, part] for part in LINK_PARTS] if only.with_links else [terms]
    matches = [index.match(each, scope.account, scope.conversation) for each in asked]
    found: list[Message] = []
    number, cursor, characters = scope.before, None, 0
    for _ in range(MOST_PAGES):
        page = await _candidates(transaction, index, scope, matches, before=number)
        findable = _findable(page)
        all_older = len(findable) > 0
        for part in parts(findable):
            numbers = [each.number for each in part]
            for text in await transaction.fetch(TEXTS, ChecksummedMessage, numbers=numbers):
                characters += len(text.body)
                all_older = all_older and only.is_older(text)
                if only.admits(text) and contains(text.body, terms):
                    found.append(verified(text))
                if len(found) == limit or characters > MOST_CHARACTERS:
                    return Found(tuple(found), text.id, characters)
        if all_older or len(page) < PAGE:
            return Found(tuple(found), None, characters)
        number = page[-1].number
        cursor = next((each.id for each in reversed(page) if each.id is not None), cursor)
    return Found(tuple(found), cursor, characters)


async def _candidates(
    transaction: Transaction, index: Index, scope: _Scope, matches: Sequence[object], *, before: int
) -> list[_Candidate]:
    """The newest messages that meet one of the conditions on the index."""
    found: dict[int, _Candidate] = {}
    for match in matches:
        page = await transaction.fetch(
            index.candidates,
            _Candidate,
            match=match,
            account=scope.account,
            conversation=scope.conversation,
            before=before,
            page=PAGE,
        )
        found.update((each.number, each) for each in page)
    return sorted(found.values(), key=lambda each: -each.number)[:PAGE]


def _findable(page: Sequence[_Candidate]) -> list[SizedMessage]:
    return [SizedMessage(each.number, each.size) for each in page if each.size is not None]


async def _scope(
    transaction: Transaction,
    user_id: str,
    conversation_id: str | None,
    before: str | None,
    *,
    until: int | None,
) -> _Scope | None:
    """None if the user has nothing to search."""
    accounts = await transaction.fetch(ACCOUNT, int, user_id=user_id)
    if not accounts:
        return None
    mine, number = accounts[0], None
    if conversation_id is not None:
        numbers = await transaction.fetch(
            CONVERSATION, int, conversation_id=conversation_id, account=mine
        )
        if not numbers:
            return None
        number = numbers[0]
    return _Scope(mine, number, await _begin(transaction, mine, before, until=until))


async def _begin(
    transaction: Transaction, mine: int, cursor: str | None, *, until: int | None
) -> int:
    """The number before which a search begins."""
    if cursor is not None:
        cursors = await transaction.fetch(CURSOR, int, message_id=cursor, account=mine)
        if not cursors:
            raise Invalid("cursor must be the `next` of the previous page", field="cursor")
        return cursors[0]
    if until is None:
        return PAST_THE_END

    async def created_at(number: int) -> int | None:
        times = await transaction.fetch(CREATED_AT, int, number=number)
        return times[0] if times else None

    newest = await transaction.fetch(NEWEST, int)
    return await number_at_time(until, newest[0] + 1 if newest else 0, created_at)
