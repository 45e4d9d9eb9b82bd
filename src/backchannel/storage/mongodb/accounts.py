"""Accounts: found, added and changed."""

import secrets
from collections.abc import Mapping, Sequence

from backchannel.domain.characters import look_alike_key
from backchannel.domain.erasures import anonymous
from backchannel.domain.errors import AccountDisabled, EmailTaken, NotFound, UsernameTaken
from backchannel.domain.events import Event, EventKind, EventPayload, ProfileChange
from backchannel.domain.users import Account, Privacy, User, email_key, username_key
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.reader import ASCENDING, View, find_one, get_one
from backchannel.storage.mongodb.schema import FILES, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.shared.profiles import search_key_of


async def create_user(transaction: Transaction, new: Account) -> None:
    """Add an account with an empty log. Raises `UsernameTaken` or `EmailTaken`."""
    user = new.user
    look = look_alike_key(user.username)
    if await find_one(transaction, USERS, {"username_key": username_key(user.username)}):
        raise UsernameTaken("this username is taken", field="username")
    if await find_one(transaction, USERS, {"look_alike_key": look}):
        raise UsernameTaken("this username looks like one that is taken", field="username")
    await require_free_email(transaction, user.email)
    document = UserDocument(
        id=user.id,
        username=user.username,
        username_key=username_key(user.username),
        look_alike_key=look,
        email=user.email,
        email_key=None if user.email is None else email_key(user.email),
        display_name=user.display_name,
        search_key=search_key_of(user.username, user.display_name),
        password_hash=new.password_hash,
        created_at=user.created_at,
        updated_at=user.updated_at,
        last_seen_at=user.last_seen_at,
        disabled_at=user.disabled_at,
        epoch=secrets.token_hex(8),
    )
    transaction.add(USERS, document)


async def read_account(view: View, user_id: str) -> Account | None:
    """The account with this id; None if there is none."""
    return _account(await get_one(view, USERS, user_id))


async def read_account_by_username(view: View, username: str) -> Account | None:
    """The account with this username, ignoring case; None if there is none."""
    query = {"username_key": username_key(username), "erased_at": None}
    return _account(await find_one(view, USERS, query))


async def read_account_by_email(view: View, email: str) -> Account | None:
    """The account with this e-mail address, ignoring case; None if there is none."""
    return _account(await find_one(view, USERS, {"email_key": email_key(email)}))


async def read_users(view: View, user_ids: Sequence[str]) -> dict[str, User]:
    """Those of `user_ids` that exist."""
    return {each.id: each.user() for each in await view.get(USERS, user_ids)}


async def list_users(
    view: View, *, after: str | None, limit: int, search: str | None = None
) -> list[User]:
    """A page of users, as `ports.storage.Accounts.list_users` specifies."""
    wanted = {"$literal": (search or "").casefold()}
    query = {
        "username_key": {"$gt": username_key(after or "")},
        "erased_at": None,
        "$expr": {"$gte": [{"$indexOfBytes": ["$search_key", wanted]}, 0]},
    }
    found = await view.find(USERS, query, order=[("username_key", ASCENDING)], limit=limit)
    return [each.user() for each in found]


async def set_password(
    transaction: Transaction, user_id: str, password_hash: str, *, at: int
) -> None:
    """Replace a user's password hash."""
    user = await get_one(transaction, USERS, user_id)
    if user is not None and user.erased_at is None:
        user.password_hash, user.updated_at = password_hash, at


async def set_disabled(transaction: Transaction, user_id: str, *, at: int | None) -> None:
    """Disable an account as of `at`, or enable it again (None)."""
    user = await get_one(transaction, USERS, user_id)
    if user is not None and user.erased_at is None:
        user.disabled_at = at


async def record_last_seen(transaction: Transaction, seen: Mapping[str, int]) -> None:
    """Move the users' `last_seen_at` forward."""
    for user in await transaction.get(USERS, seen):
        if user.erased_at is None and (user.last_seen_at or 0) < seen[user.id]:
            user.last_seen_at = seen[user.id]


async def refuse_erased(transaction: Transaction, user_id: str) -> None:
    """Raise `AccountDisabled` for an account that is being erased, or has been."""
    user = await get_one(transaction, USERS, user_id)
    if user is not None and user.erased_at is not None:
        raise AccountDisabled("this account has been deleted")


async def anonymise(transaction: Transaction, user_id: str, *, at: int) -> UserDocument:
    """Delete all personal data of an account, which is returned.

    Raises `NotFound`, also if that has been done before.
    """
    old = await get_one(transaction, USERS, user_id)
    if old is None or old.erased_at is not None:
        raise NotFound("user not found")
    if old.avatar is not None:
        for avatar in await transaction.get(FILES, [old.avatar]):
            avatar.is_avatar, avatar.named = False, avatar.named - 1
    anonymised = anonymous(old.user(), at=at)
    for name in User.__struct_fields__:
        setattr(old, name, getattr(anonymised, name))
    old.username_key = anonymised.username
    old.search_key = old.password_hash = ""
    old.look_alike_key = old.email_key = None
    old.profile_due_at = old.profile_told_up_to = None
    old.privacy = Privacy()
    return old


async def notify_of_profile(
    transaction: Transaction, user_id: str, readers: Sequence[str], *, at: int
) -> list[Event]:
    """Notify the readers that a user's profile has changed."""
    logs = await LogWriter.open(transaction, readers)
    payload = EventPayload(EventKind.PROFILE, ProfileChange(user_id))
    return [event for reader in readers for event in logs.add(reader, payload, at=at)]


async def require_free_email(
    transaction: Transaction, email: str | None, *, owner: str | None = None
) -> None:
    """Raise `EmailTaken` if the address is that of another account than the owner's."""
    if email is None:
        return
    found = await find_one(transaction, USERS, {"email_key": email_key(email)})
    if found is not None and found.id != owner:
        raise EmailTaken("this email address is taken", field="email")


def _account(document: UserDocument | None) -> Account | None:
    if document is None:
        return None
    return Account(user=document.user(), password_hash=document.password_hash)


class AccountMethods(StorageMethods[MongoDatabase]):
    """Users; `ports.storage.Accounts` documents the methods."""

    account = reading(read_account)
    account_by_username = reading(read_account_by_username)
    account_by_email = reading(read_account_by_email)
    users = reading(read_users)
    list_users = reading(list_users)
    set_password = writing(set_password)
    set_disabled = writing(set_disabled)
    record_last_seen = writing(record_last_seen)
