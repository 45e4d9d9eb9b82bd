"""The locks of users, which keep transactions apart that concern the same user.

Whatever is written belongs to one or two users: an account with its logins, blocks, files and log;
a conversation of two users with its messages and marks; an erasure. A transaction that decides by
what it reads first locks all the users it is about, in one statement and in the order of their
numbers, and reads only then. So:

- What it reads is what was committed last, and nobody changes that before it ends. Databases whose
  transactions run side by side read committed rows at each statement: this needs no higher
  isolation.
- There is one statement of locks in a transaction, and one order. No two transactions can wait for
  each other, and no rows but those of users need a lock.
- Positions in a log, and a `seq` in a conversation, are given out in the order of the commits
  (rules R3 and R4).

| what is written | whose users |
|---|---|
| messages, and changes of messages | both members of each conversation |
| acknowledgements | the readers, and the senders who get receipts |
| marks, blocks, conversations, sessions | both members |
| profiles | the user, and the part of the peers who are told next |
| logins, uploads, files given up, a log that is trimmed | their user |
| erasures | their user, and the other member of the conversation that is next |

A transaction of one statement that changes one row by its own conditions needs no lock. Where it
has to look for whom to lock, it looks again under the lock, and raises `Outdated` if that differs.
Users that are locked already may be locked once more.
"""

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import BigInteger, Select, Text, select, union

from backchannel.domain.errors import AccountDisabled
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.parameters import any_of
from backchannel.storage.sql.schema import account, conversation, log_head


class Outdated(Exception):
    """The users to lock changed before they were locked: the transaction has to be repeated."""


class Party(msgspec.Struct):
    """A user, or the responder as number 0, whose log is open for writing."""

    number: int
    id: str
    position: int
    disabled_at: int | None = None
    erased_at: int | None = None

    @property
    def has_log(self) -> bool:
        """The responder has none, nor has who was erased."""
        return self.number != 0 and self.erased_at is None


_PARTIES = (
    select(
        account.c.number,
        account.c.id,
        log_head.c.position,
        account.c.disabled_at,
        account.c.erased_at,
    )
    .join(log_head, log_head.c.account == account.c.number)
    .order_by(account.c.number)
    .with_for_update()
)
PARTIES = _PARTIES.where(account.c.id.in_(any_of("user_ids", Text)))
PARTIES_BY_NUMBER = _PARTIES.where(account.c.number.in_(any_of("user_numbers", BigInteger)))
_these = conversation.c.id.in_(any_of("members_of", Text))
_members: Select[tuple[int]] = select(conversation.c.first).where(_these)
MEMBERS = _PARTIES.where(
    account.c.number.in_(union(_members, select(conversation.c.second).where(_these)))
)


def users(user_ids: Collection[str]) -> Lookup[Party]:
    """Lock those of the users that exist."""
    return Lookup(PARTIES, Party, {"user_ids": sorted(user_ids)})


def members(conversation_ids: Collection[str]) -> Lookup[Party]:
    """Lock the members of those of the conversations that exist."""
    return Lookup(MEMBERS, Party, {"members_of": sorted(conversation_ids)})


def numbered(numbers: Iterable[int]) -> Lookup[Party]:
    """Lock users by their numbers."""
    return Lookup(PARTIES_BY_NUMBER, Party, {"user_numbers": sorted(numbers)})


async def lock(connection: Connection, asked: Lookup[Party]) -> list[Party]:
    """Lock users, each of whom is given as of now."""
    return await connection.fetch(asked.query, asked.row, **asked.parameters)


async def lock_standing(connection: Connection, user_id: str) -> None:
    """Lock a user. Raises `AccountDisabled` if the account is being erased, or has been."""
    for party in await lock(connection, users([user_id])):
        if party.erased_at is not None:
            raise AccountDisabled("this account is deleted")
