"""Changes of profiles, of which the peers are notified in parts and at limited intervals.

Each transaction of a round notifies a part of the peers, and stores the progress of the round.
"""

from collections.abc import Sequence

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.users import Privacy, PrivacyPatch, ProfilePatch, email_key
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.accounts import notify_of_profile, require_free_email
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import Document
from backchannel.storage.mongodb.files import exchange_avatar
from backchannel.storage.mongodb.reader import ASCENDING, Query, View, get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared import profiles as shared
from backchannel.storage.shared.methods import StorageMethods, reading, using_database, writing


class Peer(Document):
    """The other member of a conversation, with the data that decides if it is notified."""

    id: str
    first_id: str
    second_id: str
    last_seq: int
    blocks: int
    asked_id: str | None = None

    @property
    def may_be_notified(self) -> bool:
        """True if there is a message, no request is open, and neither has blocked the other."""
        return self.last_seq > 0 and not self.blocks and self.asked_id is None

    def id_beside(self, user_id: str) -> str:
        """The id of the other member."""
        return self.second_id if self.first_id == user_id else self.first_id


async def next_peers(view: View, user_id: str, *, after: str, limit: int) -> list[Peer]:
    """The other members of the user's conversations, those past the conversation `after`."""
    query = {"members": user_id, "_id": {"$gt": after}}
    order = [("_id", ASCENDING)]
    return await view.rows(CONVERSATIONS, Peer, query, order=order, limit=limit)


async def update_profile(
    transaction: Transaction, user_id: str, patch: ProfilePatch, *, at: int
) -> list[Event]:
    """Change a profile, as `ports.storage.Accounts.update_profile` specifies."""
    document = await _active_user(transaction, user_id)
    old = document.user()
    new = patch.applied_to(old)
    if new == old:
        return []
    if new.email != old.email:
        await require_free_email(transaction, new.email, owner=user_id)
    if new.avatar != old.avatar:
        await exchange_avatar(transaction, user_id, old.avatar, new.avatar)
    document.display_name, document.email = new.display_name, new.email
    document.about, document.avatar = new.about, new.avatar
    document.search_key = shared.search_key_of(new.username, new.display_name)
    document.email_key = None if new.email is None else email_key(new.email)
    document.updated_at = at
    is_news = shared.public(new) != shared.public(old)
    if is_news and _may_begin(document, at):
        return await notify_next_peers(transaction, document, at=at, besides=[user_id])
    if is_news:
        _note_change(document, at)
    return await notify_of_profile(transaction, user_id, [user_id], at=at)


async def read_privacy(view: View, user_id: str) -> Privacy:
    """A user's privacy settings. Raises `NotFound`."""
    return (await _active_user(view, user_id)).privacy


async def change_privacy(
    transaction: Transaction, user_id: str, patch: PrivacyPatch, *, at: int
) -> tuple[Privacy, list[Event]]:
    """Change them, as `ports.storage.Accounts.change_privacy` specifies. Raises `NotFound`."""
    user = await _active_user(transaction, user_id)
    new = patch.applied_to(user.privacy)
    if new == user.privacy:
        return new, []
    user.privacy = new
    return new, await notify_of_profile(transaction, user_id, [user_id], at=at)


async def notify_of_profiles(database: MongoDatabase, *, at: int) -> list[Event] | None:
    """Implements `ports.storage.Accounts.notify_of_profiles`."""
    if not await database.read(lambda view: view.find(USERS, _due(at), limit=1)):
        return None
    return await database.write(lambda transaction: _notify_due(transaction, at=at))


async def _notify_due(transaction: Transaction, *, at: int) -> list[Event]:
    """Notify a part of the peers of the user who has waited longest."""
    due = await transaction.find(USERS, _due(at), order=[("profile_due_at", ASCENDING)], limit=1)
    return await notify_next_peers(transaction, due[0], at=at) if due else []


async def notify_next_peers(
    transaction: Transaction, user: UserDocument, *, at: int, besides: Sequence[str] = ()
) -> list[Event]:
    """Notify the next peers of a round, or the first ones of a new one, and the users `besides`.

    After the last peer, another round is due if the profile has changed since this one began.
    """
    if user.profile_told_up_to is None:
        user.profile_told_at = at
    told_at = user.profile_told_at or 0
    after = user.profile_told_up_to or ""
    page = await next_peers(transaction, user.id, after=after, limit=shared.PART)
    user.profile_told_up_to = user.profile_due_at = None
    if len(page) == shared.PART:
        user.profile_told_up_to, user.profile_due_at = page[-1].id, at
    elif (user.profile_changed_at or 0) > told_at:
        user.profile_due_at = told_at + shared.ROUND_INTERVAL
    erased = user.erased_at is not None
    peers = [peer.id_beside(user.id) for peer in page if peer.may_be_notified or erased]
    return await notify_of_profile(transaction, user.id, [*besides, *peers], at=at)


async def _active_user(view: View, user_id: str) -> UserDocument:
    """A user who has not been erased. Raises `NotFound`."""
    user = await get_one(view, USERS, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("user not found")
    return user


def _may_begin(user: UserDocument, at: int) -> bool:
    """True if no round is under way, and the last one is long ago (or the clock was set back)."""
    told_at = user.profile_told_at
    is_recent = told_at is not None and told_at <= at < told_at + shared.ROUND_INTERVAL
    return user.profile_told_up_to is None and not is_recent


def _note_change(user: UserDocument, at: int) -> None:
    """Schedule a round after the one that is running or has just ended."""
    told_at = user.profile_told_at or 0
    # Later than the round under way, also where both fall into the same millisecond.
    user.profile_changed_at = max(at, told_at + 1)
    if user.profile_told_up_to is None:
        user.profile_due_at = told_at + shared.ROUND_INTERVAL


def _due(at: int) -> Query:
    return {"profile_due_at": {"$gte": 0, "$lte": at}}


class ProfileMethods(StorageMethods[MongoDatabase]):
    """Profiles and privacy; `ports.storage.Accounts` documents the methods."""

    update_profile = writing(update_profile)
    notify_of_profiles = using_database(notify_of_profiles)
    privacy = reading(read_privacy)
    change_privacy = writing(change_privacy)
