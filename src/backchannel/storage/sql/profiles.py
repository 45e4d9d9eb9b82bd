"""Changes of profiles, of which the peers are notified in parts and at limited intervals.

A user may have any number of peers, and every other write waits while one transaction runs. So each
transaction of a round notifies a part of the peers, and stores the progress of the round: after a
crash, or in another process, the round continues there.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select, update

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.users import ProfilePatch, User, email_key
from backchannel.storage.shared import profiles as shared
from backchannel.storage.shared.methods import StorageMethods, reading, using_database, writing
from backchannel.storage.sql.accounts import (
    BY_ID,
    as_taken,
    find_account,
    notify_of_profile,
    require_free_email,
)
from backchannel.storage.sql.database import Database, Duplicate, Transaction
from backchannel.storage.sql.files import require_own_file
from backchannel.storage.sql.locked_conversations import RESTRICTIONS
from backchannel.storage.sql.locks import Outdated, lock, users_by_id
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.privacy import change_privacy, read_privacy
from backchannel.storage.sql.rows import project
from backchannel.storage.sql.schema import account, conversation, member

NONE = -1
"""Stands for NULL in the values of a round."""

_this = account.c.number == parameter("number")
SET_PROFILE = (
    update(account)
    .values(
        display_name=parameter("new_name"),
        about=parameter("new_about"),
        avatar=parameter("new_avatar"),
        search_key=parameter("new_search_key"),
        email=parameter("new_email"),
        email_key=parameter("new_email_key"),
        updated_at=parameter("at"),
    )
    .where(_this)
)
_reached = func.coalesce(account.c.profile_told_up_to, NONE)
_ROUNDS = select(
    account.c.number,
    account.c.id,
    account.c.erased_at,
    func.coalesce(account.c.profile_changed_at, NONE),
    func.coalesce(account.c.profile_told_at, NONE),
    account.c.profile_due_at,
    _reached,
)
ROUND = _ROUNDS.where(account.c.id == parameter("user_id"))
DUE = (
    _ROUNDS.where(account.c.profile_due_at <= parameter("at"))
    .order_by(account.c.profile_due_at)
    .limit(1)
)
NOTE_CHANGE = (
    update(account)
    .values(profile_changed_at=parameter("changed_at"), profile_due_at=parameter("due_at"))
    .where(_this)
)
ADVANCE = (
    update(account)
    .values(
        profile_told_at=parameter("told_at"),
        profile_due_at=parameter("due_at"),
        profile_told_up_to=parameter("told_up_to"),
    )
    .where(_this)
)
_part = (
    select(member.c.conversation)
    .where(member.c.account == parameter("number"), member.c.conversation > parameter("after"))
    .order_by(member.c.conversation)
    .limit(parameter("part"))
    .subquery()
)
PEERS = (
    select(
        conversation.c.number,
        conversation.c.first_id,
        conversation.c.second_id,
        conversation.c.last_seq,
        RESTRICTIONS.label("restrictions"),
    )
    .join(_part, _part.c.conversation == conversation.c.number)
    .order_by(conversation.c.number)
)


class _Round(msgspec.Struct):
    """The progress of notifying a user's peers of changes."""

    number: int
    user_id: str
    erased_at: int | None
    changed_at: int
    told_at: int
    due_at: int | None
    reached: int

    @property
    def is_under_way(self) -> bool:
        return self.reached != NONE

    def may_begin(self, at: int) -> bool:
        """True if none is under way, and the last one is long ago (or the clock was set back)."""
        is_recent = NONE < self.told_at <= at < self.told_at + shared.ROUND_INTERVAL
        return not (self.is_under_way or is_recent)


class _Peer(msgspec.Struct):
    """The other member of a conversation, with the data that decides if it is notified."""

    conversation: int
    first_id: str
    second_id: str
    last_seq: int
    restrictions: int

    @property
    def may_be_notified(self) -> bool:
        return self.last_seq > 0 and not self.restrictions

    def id_beside(self, user_id: str) -> str:
        return self.second_id if self.first_id == user_id else self.first_id


async def update_profile(
    transaction: Transaction, user_id: str, patch: ProfilePatch, *, at: int
) -> list[Event]:
    """Change a profile, as `ports.storage.Accounts.update_profile` specifies."""
    await lock_part(transaction, user_id)
    row = await find_account(transaction, BY_ID, user_id)
    if row is None or row.erased_at is not None:
        raise NotFound("user not found")
    old = project(row, User)
    new = patch.applied_to(old)
    if new == old:
        return []
    if new.email != old.email:
        await require_free_email(transaction, new.email, owner=user_id)
    if new.avatar != old.avatar:
        await require_own_file(transaction, user_id, new.avatar)
    await _store(transaction, row.number, new, at=at)
    if shared.public(new) != shared.public(old):
        (current,) = await transaction.fetch(ROUND, _Round, user_id=user_id)
        if current.may_begin(at):
            return await _notify_next_peers(transaction, current, at=at, besides=[user_id])
        await _note_change(transaction, current, at=at)
    return await notify_of_profile(transaction, user_id, [user_id], at=at)


async def _store(transaction: Transaction, number: int, user: User, *, at: int) -> None:
    try:
        await transaction.execute(
            SET_PROFILE,
            number=number,
            new_name=user.display_name,
            new_about=user.about,
            new_avatar=user.avatar,
            new_search_key=shared.search_key_of(user.username, user.display_name),
            new_email=user.email,
            new_email_key=None if user.email is None else email_key(user.email),
            at=at,
        )
    except Duplicate as duplicate:
        raise as_taken(duplicate) from duplicate


async def notify_of_profiles(database: Database, *, at: int) -> list[Event] | None:
    """Implements `ports.storage.Accounts.notify_of_profiles`."""
    if not await database.read(lambda tx: tx.fetch(DUE, _Round, at=at)):
        return None
    return await database.write(lambda tx: _notify_due(tx, at=at))


async def _notify_due(transaction: Transaction, *, at: int) -> list[Event]:
    """Notify a part of the peers of the user who has waited longest."""
    for due in await transaction.fetch(DUE, _Round, at=at):
        await lock_part(transaction, due.user_id)
        (current,) = await transaction.fetch(ROUND, _Round, user_id=due.user_id)
        if current.due_at is not None and current.due_at <= at:
            return await _notify_next_peers(transaction, current, at=at)
    return []


async def lock_part(transaction: Transaction, user_id: str, *, anew: bool = False) -> None:
    """Lock a user with the peers to notify next, or with the first ones. Raises `Outdated`."""
    peers = await _next_peers(transaction, user_id, anew=anew)
    await lock(transaction, users_by_id({user_id, *peers}))
    if not peers >= await _next_peers(transaction, user_id, anew=anew):
        raise Outdated


async def begin_round(transaction: Transaction, user_id: str, *, at: int) -> list[Event]:
    """Notify the first peers, who are locked, that a profile has changed; the others are due."""
    (current,) = await transaction.fetch(ROUND, _Round, user_id=user_id)
    return await _notify_next_peers(transaction, current, at=at)


async def _next_peers(transaction: Transaction, user_id: str, *, anew: bool) -> set[str]:
    peers: set[str] = set()
    for current in await transaction.fetch(ROUND, _Round, user_id=user_id):
        page = await _page(transaction, current.number, after=NONE if anew else current.reached)
        peers |= {peer.id_beside(user_id) for peer in page}
    return peers


async def _page(transaction: Transaction, number: int, *, after: int) -> list[_Peer]:
    return await transaction.fetch(PEERS, _Peer, number=number, after=after, part=shared.PART)


async def _note_change(transaction: Transaction, current: _Round, *, at: int) -> None:
    """Schedule a round after the one that is running or has just ended."""
    await transaction.execute(
        NOTE_CHANGE,
        number=current.number,
        # Later than the round under way, also where both fall into the same millisecond.
        changed_at=max(at, current.told_at + 1),
        due_at=current.due_at if current.is_under_way else current.told_at + shared.ROUND_INTERVAL,
    )


async def _notify_next_peers(
    transaction: Transaction, current: _Round, *, at: int, besides: Sequence[str] = ()
) -> list[Event]:
    """Notify the next peers of a round, and the users `besides`.

    After the last peer, another round is due if the profile has changed since this one began.
    """
    told_at = current.told_at if current.is_under_way else at
    page = await _page(transaction, current.number, after=current.reached)
    told_up_to: int | None = None
    due_at: int | None = None
    if len(page) == shared.PART:
        told_up_to, due_at = page[-1].conversation, at
    elif current.changed_at > told_at:
        due_at = told_at + shared.ROUND_INTERVAL
    await transaction.execute(
        ADVANCE,
        number=current.number,
        told_at=told_at,
        told_up_to=told_up_to,
        due_at=due_at,
    )
    peers = [
        peer.id_beside(current.user_id)
        for peer in page
        if peer.may_be_notified or current.erased_at is not None
    ]
    return await notify_of_profile(transaction, current.user_id, [*besides, *peers], at=at)


class ProfileMethods(StorageMethods[Database]):
    """Profiles and privacy; `ports.storage.Accounts` documents the methods."""

    update_profile = writing(update_profile)
    notify_of_profiles = using_database(notify_of_profiles)
    privacy = reading(read_privacy)
    change_privacy = writing(change_privacy)
