"""Changes of profiles, of which peers are told at limited intervals."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, func, null, select, update

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.privacy import Privacy, PrivacyPatch
from backchannel.domain.users import email_key
from backchannel.storage.shared.profiles import AT_ONCE, PATIENCE, search_key_of
from backchannel.storage.sql import privacy
from backchannel.storage.sql.accounts import (
    BY_ID,
    PEERS,
    AccountRow,
    as_taken,
    find_account,
    lock_with_peers,
    require_free_email,
    tell_profile,
)
from backchannel.storage.sql.database import Connection, Database, Duplicate
from backchannel.storage.sql.locks import Outdated, lock, users
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.places import BLOCKS
from backchannel.storage.sql.schema import account, conversation

TOLD_PEERS = PEERS.where(conversation.c.last_seq > 0, BLOCKS == 0)
SET_PROFILE = (
    update(account)
    .values(
        display_name=parameter("new_name"),
        search_key=parameter("new_search_key"),
        email=parameter("new_email"),
        email_key=parameter("new_email_key"),
        updated_at=parameter("at"),
    )
    .where(account.c.number == parameter("number"))
)
NEVER = -1
TOLD_AT = select(func.coalesce(account.c.profile_told_at, NEVER)).where(
    account.c.number == parameter("number")
)
_these = account.c.number.in_(any_of("numbers", BigInteger))
SET_TOLD = (
    update(account).values(profile_told_at=parameter("at"), profile_due_at=null()).where(_these)
)
SET_DUE = update(account).values(profile_due_at=parameter("at")).where(_these)
DUE = (
    select(account.c.number, account.c.id)
    .where(account.c.profile_due_at <= parameter("at"))
    .order_by(account.c.profile_due_at)
    .limit(AT_ONCE)
)


class _Due(msgspec.Struct):
    number: int
    id: str


class SqlProfiles:
    """Profiles; `ports.storage.Accounts` says what each method promises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def update_profile(
        self, user_id: str, *, display_name: str | None, email: str | None, at: int
    ) -> list[Event]:
        return await self._database.write(
            lambda tx: update_profile(tx, user_id, display_name=display_name, email=email, at=at)
        )

    async def privacy(self, user_id: str) -> Privacy:
        return await self._database.read(lambda tx: privacy.read_privacy(tx, user_id))

    async def change_privacy(
        self, user_id: str, patch: PrivacyPatch, *, at: int
    ) -> tuple[Privacy, list[Event]]:
        return await self._database.write(
            lambda tx: privacy.change_privacy(tx, user_id, patch, at=at)
        )

    async def tell_profiles(self, *, at: int) -> list[Event]:
        if not await self._database.read(lambda tx: tx.fetch(DUE, _Due, at=at)):
            return []
        return await self._database.write(lambda tx: tell_profiles(tx, at=at))


async def update_profile(
    connection: Connection, user_id: str, *, display_name: str | None, email: str | None, at: int
) -> list[Event]:
    """Change what is not None, as `ports.storage.Accounts.update_profile` promises."""
    await lock_with_peers(connection, user_id)
    old = await find_account(connection, BY_ID, user_id)
    if old is None or old.erased_at is not None:
        raise NotFound("user not found")
    new_email = old.email if email is None else email
    new_name = old.display_name if display_name is None else display_name
    if (new_email, new_name) == (old.email, old.display_name):
        return []
    if new_email != old.email:
        await require_free_email(connection, new_email, owner=user_id)
    try:
        await connection.execute(
            SET_PROFILE,
            number=old.number,
            new_name=new_name,
            new_search_key=search_key_of(old.username, new_name),
            new_email=new_email,
            new_email_key=None if new_email is None else email_key(new_email),
            at=at,
        )
    except Duplicate as duplicate:
        raise as_taken(duplicate) from duplicate
    # The e-mail address is the user's own affair.
    readers = [user_id]
    if new_name != old.display_name:
        readers += await _peers_to_tell(connection, old, at=at)
    return await tell_profile(connection, user_id, readers, at=at)


async def tell_profiles(connection: Connection, *, at: int) -> list[Event]:
    """Tell the peers of changes that had to wait."""
    due = await _due(connection, at=at)
    await lock(connection, users({user_id for each, peers in due for user_id in (each.id, *peers)}))
    if await _due(connection, at=at) != due:
        raise Outdated
    events: list[Event] = []
    for each, _ in due:
        told = await connection.fetch(TOLD_PEERS, str, user_id=each.id)
        events += await tell_profile(connection, each.id, told, at=at)
    await connection.execute(SET_TOLD, numbers=[each.number for each, _ in due], at=at)
    return events


async def _due(connection: Connection, *, at: int) -> list[tuple[_Due, list[str]]]:
    """The users whose peers are to be told, each with everybody they have a conversation with."""
    due = await connection.fetch(DUE, _Due, at=at)
    return [(each, await connection.fetch(PEERS, str, user_id=each.id)) for each in due]


async def _peers_to_tell(connection: Connection, changed: AccountRow, *, at: int) -> Sequence[str]:
    """The peers to tell now; none if they were told just now, and then they are told later."""
    (told_at,) = await connection.fetch(TOLD_AT, int, number=changed.number)
    if NEVER < told_at <= at < told_at + PATIENCE:
        await connection.execute(SET_DUE, numbers=[changed.number], at=told_at + PATIENCE)
        return []
    await connection.execute(SET_TOLD, numbers=[changed.number], at=at)
    return await connection.fetch(TOLD_PEERS, str, user_id=changed.id)
