"""Changes of profiles, of which the peers are told in parts and at limited intervals.

Each transaction of a round tells a part of the peers, and keeps how far the round has got.
"""

from collections.abc import Sequence

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.privacy import Privacy, PrivacyPatch
from backchannel.domain.users import ProfilePatch, email_key
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.accounts import require_free_email, tell_profile
from backchannel.storage.mongodb.files import exchange_avatar
from backchannel.storage.mongodb.peers import next_peers
from backchannel.storage.mongodb.reader import ASCENDING, Query, View, get_one
from backchannel.storage.mongodb.schema import USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared import profiles as shared


async def update_profile(
    transaction: Transaction, user_id: str, patch: ProfilePatch, *, at: int
) -> list[Event]:
    """Change a profile, as `ports.storage.Accounts.update_profile` promises."""
    document = await _standing(transaction, user_id)
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
        return await tell_part(transaction, document, at=at, besides=[user_id])
    if is_news:
        _note_change(document, at)
    return await tell_profile(transaction, user_id, [user_id], at=at)


async def read_privacy(view: View, user_id: str) -> Privacy:
    """A user's privacy settings. Raises `NotFound`."""
    return (await _standing(view, user_id)).privacy


async def change_privacy(
    transaction: Transaction, user_id: str, patch: PrivacyPatch, *, at: int
) -> tuple[Privacy, list[Event]]:
    """Change it, as `ports.storage.Accounts.change_privacy` promises. Raises `NotFound`."""
    user = await _standing(transaction, user_id)
    new = patch.applied_to(user.privacy)
    if new == user.privacy:
        return new, []
    user.privacy = new
    return new, await tell_profile(transaction, user_id, [user_id], at=at)


async def is_due(view: View, *, at: int) -> bool:
    """True if there are changes that had to wait, and no longer have to."""
    return bool(await view.find(USERS, _due(at), limit=1))


async def tell_profiles(transaction: Transaction, *, at: int) -> list[Event]:
    """Tell a part of the peers of the user who has waited longest."""
    due = await transaction.find(USERS, _due(at), order=[("profile_due_at", ASCENDING)], limit=1)
    return await tell_part(transaction, due[0], at=at) if due else []


async def tell_part(
    transaction: Transaction, user: UserDocument, *, at: int, besides: Sequence[str] = ()
) -> list[Event]:
    """Tell the next peers of a round, or the first ones of a new one, and the users `besides`.

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
        user.profile_due_at = told_at + shared.PATIENCE
    peers = [peer.id_beside(user.id) for peer in page if peer.is_told or user.erased_at is not None]
    return await tell_profile(transaction, user.id, [*besides, *peers], at=at)


async def _standing(view: View, user_id: str) -> UserDocument:
    """A user who has not been erased. Raises `NotFound`."""
    user = await get_one(view, USERS, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("user not found")
    return user


def _may_begin(user: UserDocument, at: int) -> bool:
    """True if no round is under way, and the last one is long ago (or the clock was set back)."""
    told_at = user.profile_told_at
    is_recent = told_at is not None and told_at <= at < told_at + shared.PATIENCE
    return user.profile_told_up_to is None and not is_recent


def _note_change(user: UserDocument, at: int) -> None:
    """Have a round follow the one that is under way or was just now."""
    told_at = user.profile_told_at or 0
    # Later than the round under way, also where both fall into the same millisecond.
    user.profile_changed_at = max(at, told_at + 1)
    if user.profile_told_up_to is None:
        user.profile_due_at = told_at + shared.PATIENCE


def _due(at: int) -> Query:
    return {"profile_due_at": {"$gte": 0, "$lte": at}}
