"""Changes of profiles, of which peers are told at limited intervals."""

from collections.abc import Sequence

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.privacy import Privacy, PrivacyPatch
from backchannel.domain.users import email_key
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.accounts import require_free_email, tell_profile
from backchannel.storage.mongodb.peers import peers_of
from backchannel.storage.mongodb.reader import ASCENDING, Query, View, get_one
from backchannel.storage.mongodb.schema import USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.profiles import AT_ONCE, PATIENCE, search_key_of


async def update_profile(
    transaction: Transaction, user_id: str, *, display_name: str | None, email: str | None, at: int
) -> list[Event]:
    """Change what is not None, as `ports.storage.Accounts.update_profile` promises."""
    user = await _standing(transaction, user_id)
    new_email = user.email if email is None else email
    new_name = user.display_name if display_name is None else display_name
    if (new_email, new_name) == (user.email, user.display_name):
        return []
    if new_email != user.email:
        await require_free_email(transaction, new_email, owner=user_id)
    # The e-mail address is the user's own affair.
    readers = [user_id]
    if new_name != user.display_name:
        readers += await _peers_to_tell(transaction, user, at=at)
    user.display_name, user.email = new_name, new_email
    user.search_key = search_key_of(user.username, new_name)
    user.email_key = None if new_email is None else email_key(new_email)
    user.updated_at = at
    return await tell_profile(transaction, user_id, readers, at=at)


async def read_privacy(view: View, user_id: str) -> Privacy:
    """What a user lets others learn. Raises `NotFound`."""
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
    """Tell the peers of changes that had to wait."""
    due = await transaction.find(
        USERS,
        _due(at),
        order=[("profile_due_at", ASCENDING)],
        limit=AT_ONCE,
    )
    events: list[Event] = []
    for user in due:
        peers = await peers_of(transaction, user.id, told=True)
        events += await tell_profile(transaction, user.id, peers, at=at)
        _set_told(user, at)
    return events


async def _standing(view: View, user_id: str) -> UserDocument:
    """A user who has not been erased. Raises `NotFound`."""
    user = await get_one(view, USERS, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("user not found")
    return user


async def _peers_to_tell(transaction: Transaction, user: UserDocument, *, at: int) -> Sequence[str]:
    """The peers to tell now; none if they were told just now, and then they are told later."""
    told_at = user.profile_told_at
    if told_at is not None and told_at <= at < told_at + PATIENCE:
        user.profile_due_at = told_at + PATIENCE
        return []
    _set_told(user, at)
    return await peers_of(transaction, user.id, told=True)


def _set_told(user: UserDocument, at: int) -> None:
    user.profile_told_at, user.profile_due_at = at, None


def _due(at: int) -> Query:
    return {"profile_due_at": {"$gte": 0, "$lte": at}}
