"""The locks of users, which keep transactions apart that concern the same user.

All data belong to one or two users: an account with its logins, blocks, files and log; a
conversation of two users with its messages and marks; an erasure. A transaction that depends on
what it reads first locks all the users concerned, in one statement and in the order of their
numbers, and only then reads. So:

- It reads the state that was committed last, and no other transaction changes that before it ends.
  Databases whose transactions run side by side read committed rows at each statement: this needs
  no higher isolation.
- There is one statement of locks in a transaction, and one order. No two transactions can wait for
  each other, and no rows but those of users need a lock.
- Positions in a log, and a `seq` in a conversation, are given out in the order of the commits
  (rules R3 and R4).

| written data | locked users |
|---|---|
| messages, and changes of messages | both members of each conversation |
| acknowledgements | the readers, and the senders who get receipts |
| marks, blocks, conversations, sessions | both members |
| profiles | the user, and the part of the peers who are notified next |
| logins, uploads, files given up, a log that is trimmed | their user |
| erasures | their user, and the other member of the conversation that is next |

A transaction of one statement that changes one row by its own conditions needs no lock. If it has
to read which users to lock, it reads that again under the lock, and raises `Outdated` if the result
differs: also if it locked the members of a conversation that began only afterwards. Users that are
locked already may be locked once more.
"""

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import BigInteger, Select, Text, select, union

from backchannel.domain.errors import AccountDisabled
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.users import FirstMessages
from backchannel.storage.sql.database import BoundQuery, Transaction
from backchannel.storage.sql.parameters import any_of
from backchannel.storage.sql.schema import account, conversation, log_head


class Outdated(Exception):
    """The users to lock changed before they were locked: the transaction has to be repeated."""


class LockedUser(msgspec.Struct):
    """A user, or the responder as number 0, whose log is open for writing."""

    number: int
    id: str
    position: int
    disabled_at: int | None = None
    erased_at: int | None = None
    first_messages: str = FirstMessages.EVERYBODY.value
    requests_whole_at: int | None = None

    @property
    def takes_requests(self) -> bool:
        """True if a first message from a user to whom this one never wrote is a request."""
        return self.first_messages == FirstMessages.REQUESTS.value

    @property
    def has_log(self) -> bool:
        """False for the responder and for erased users."""
        return self.number != 0 and self.erased_at is None


_USERS = (
    select(
        account.c.number,
        account.c.id,
        log_head.c.position,
        account.c.disabled_at,
        account.c.erased_at,
        account.c.first_messages,
        account.c.requests_whole_at,
    )
    .join(log_head, log_head.c.account == account.c.number)
    .order_by(account.c.number)
    .with_for_update()
)
USERS = _USERS.where(account.c.id.in_(any_of("user_ids", Text)))
USERS_BY_NUMBER = _USERS.where(account.c.number.in_(any_of("user_numbers", BigInteger)))
_these = conversation.c.id.in_(any_of("members_of", Text))
_members: Select[tuple[int]] = select(conversation.c.first).where(_these)
MEMBERS = _USERS.where(
    account.c.number.in_(union(_members, select(conversation.c.second).where(_these)))
)


def users_by_id(user_ids: Collection[str]) -> BoundQuery[LockedUser]:
    """Lock those of the users that exist."""
    return BoundQuery(USERS, LockedUser, {"user_ids": sorted(user_ids)})


def members_of(conversation_ids: Collection[str]) -> BoundQuery[LockedUser]:
    """Lock the members of those of the conversations that exist."""
    return BoundQuery(MEMBERS, LockedUser, {"members_of": sorted(conversation_ids)})


def users_by_number(numbers: Iterable[int]) -> BoundQuery[LockedUser]:
    """Lock users by their numbers."""
    return BoundQuery(USERS_BY_NUMBER, LockedUser, {"user_numbers": sorted(numbers)})


async def lock(transaction: Transaction, asked: BoundQuery[LockedUser]) -> list[LockedUser]:
    """Lock users, and return each in its current state."""
    return await transaction.fetch(asked.query, asked.row, **asked.parameters)


def require_locked(users: Iterable[LockedUser], user_ids: Iterable[str]) -> None:
    """Raise `Outdated` unless all of these are among the locked users.

    The members of a conversation that began between the locks and the reading are not.
    """
    locked = {user.id for user in users}
    if any(each != RESPONDER_ID and each not in locked for each in user_ids):
        raise Outdated


async def lock_active_user(transaction: Transaction, user_id: str) -> None:
    """Lock a user. Raises `AccountDisabled` if the account is being erased, or has been."""
    for user in await lock(transaction, users_by_id([user_id])):
        if user.erased_at is not None:
            raise AccountDisabled("this account has been deleted")
