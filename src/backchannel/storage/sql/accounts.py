"""Accounts: found, added and changed."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import BigInteger, SelectBase, Text, and_, null, or_, select, update

from backchannel.domain.characters import look_alike_key
from backchannel.domain.erasures import anonymous
from backchannel.domain.errors import ChatError, EmailTaken, NotFound, UsernameTaken
from backchannel.domain.events import Event, EventKind, EventPayload, ProfileChange
from backchannel.domain.users import Account, Audience, User, email_key, username_key
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.shared.profiles import search_key_of
from backchannel.storage.sql.database import Database, Duplicate, Transaction
from backchannel.storage.sql.locks import lock, users_by_id
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.parameters import any_of, parameter, rows_parameter
from backchannel.storage.sql.rows import USER_COLUMNS, project
from backchannel.storage.sql.schema import account, log_head


class AccountRow(User, frozen=True, kw_only=True):
    password_hash: str
    number: int


_ACCOUNTS = select(*USER_COLUMNS, account.c.password_hash, account.c.number)
BY_ID = _ACCOUNTS.where(account.c.id == parameter("key"))
_is_active = account.c.erased_at.is_(None)
BY_USERNAME = _ACCOUNTS.where(account.c.username_key == parameter("key"), _is_active)
BY_LOOK = _ACCOUNTS.where(account.c.look_alike_key == parameter("key"))
BY_EMAIL = _ACCOUNTS.where(account.c.email_key == parameter("key"))
USERS = select(*USER_COLUMNS).where(account.c.id.in_(any_of("user_ids", Text)))
PAGE = (
    select(*USER_COLUMNS)
    .where(
        account.c.username_key > parameter("after"),
        account.c.search_key.like(parameter("pattern"), escape="\\"),
        _is_active,
    )
    .order_by(account.c.username_key)
    .limit(parameter("limit"))
)
COLUMNS = (
    "id",
    "username",
    "username_key",
    "look_alike_key",
    "email",
    "email_key",
    "display_name",
    "search_key",
    "password_hash",
    "created_at",
    "updated_at",
    "last_seen_at",
    "disabled_at",
)
_this_user = and_(account.c.id == parameter("user_id"), _is_active)
SET_PASSWORD = (
    update(account)
    .values(password_hash=parameter("new_hash"), updated_at=parameter("at"))
    .where(_this_user)
)
SET_DISABLED = update(account).values(disabled_at=parameter("at")).where(_this_user)
ANONYMISE = (
    update(account)
    .values(
        username=parameter("new_username"),
        username_key=parameter("new_username"),
        look_alike_key=null(),
        email=null(),
        email_key=null(),
        display_name=parameter("new_name"),
        about="",
        avatar=null(),
        search_key="",
        password_hash="",
        created_at=parameter("at"),
        updated_at=parameter("at"),
        last_seen_at=null(),
        profile_due_at=null(),
        profile_told_up_to=null(),
        last_seen_audience=Audience.EVERYBODY.value,
        receipts_audience=Audience.EVERYBODY.value,
        typing_audience=Audience.EVERYBODY.value,
        disabled_at=parameter("at"),
        erased_at=parameter("at"),
    )
    .where(_this_user)
)
_seen = rows_parameter("seen", user_id=Text, at=BigInteger)
SET_LAST_SEEN = (
    update(account)
    .values(last_seen_at=_seen["at"])
    .where(
        account.c.id == _seen["user_id"],
        _is_active,
        or_(account.c.last_seen_at.is_(None), account.c.last_seen_at < _seen["at"]),
    )
)


async def create_user(transaction: Transaction, new: Account) -> None:
    """Add an account with an empty log. Raises `UsernameTaken` or `EmailTaken`."""
    user = new.user
    look = look_alike_key(user.username)
    if await find_account(transaction, BY_USERNAME, username_key(user.username)):
        raise UsernameTaken("this username is taken", field="username")
    if await find_account(transaction, BY_LOOK, look):
        raise UsernameTaken("this username looks like one that is taken", field="username")
    await require_free_email(transaction, user.email)
    row = (
        user.id,
        user.username,
        username_key(user.username),
        look,
        user.email,
        None if user.email is None else email_key(user.email),
        user.display_name,
        search_key_of(user.username, user.display_name),
        new.password_hash,
        user.created_at,
        user.updated_at,
        user.last_seen_at,
        user.disabled_at,
    )
    try:
        await transaction.insert(account, COLUMNS, [row])
    except Duplicate as duplicate:  # it was taken after the check
        raise as_taken(duplicate) from duplicate
    added = await find_account(transaction, BY_ID, user.id)
    if added is not None:
        epoch = secrets.token_hex(8)
        await transaction.insert(log_head, ("account", "epoch"), [(added.number, epoch)])


async def read_account(transaction: Transaction, user_id: str) -> Account | None:
    """The account with this id; None if there is none."""
    return _account(await find_account(transaction, BY_ID, user_id))


async def read_account_by_username(transaction: Transaction, username: str) -> Account | None:
    """The account with this username, ignoring case; None if there is none."""
    return _account(await find_account(transaction, BY_USERNAME, username_key(username)))


async def read_account_by_email(transaction: Transaction, email: str) -> Account | None:
    """The account with this e-mail address, ignoring case; None if there is none."""
    return _account(await find_account(transaction, BY_EMAIL, email_key(email)))


async def read_users(transaction: Transaction, user_ids: Sequence[str]) -> dict[str, User]:
    """Those of `user_ids` that exist."""
    found = await transaction.fetch(USERS, User, user_ids=list(user_ids))
    return {user.id: user for user in found}


async def list_users(
    transaction: Transaction, *, after: str | None, limit: int, search: str | None = None
) -> list[User]:
    """A page of users, as `ports.storage.Accounts.list_users` specifies."""
    pattern = (search or "").casefold()
    for special in "\\%_":
        pattern = pattern.replace(special, f"\\{special}")
    return await transaction.fetch(
        PAGE, User, after=username_key(after or ""), pattern=f"%{pattern}%", limit=limit
    )


async def set_password(
    transaction: Transaction, user_id: str, password_hash: str, *, at: int
) -> None:
    """Replace a user's password hash."""
    await transaction.execute(SET_PASSWORD, user_id=user_id, new_hash=password_hash, at=at)


async def set_disabled(transaction: Transaction, user_id: str, *, at: int | None) -> None:
    """Disable an account as of `at`, or enable it again (None)."""
    await transaction.execute(SET_DISABLED, user_id=user_id, at=at)


async def record_last_seen(transaction: Transaction, seen: Mapping[str, int]) -> None:
    """Move the users' `last_seen_at` forward."""
    await lock(transaction, users_by_id(seen))
    await transaction.execute(SET_LAST_SEEN, seen=list(seen.items()))


async def anonymise(transaction: Transaction, user_id: str, *, at: int) -> int:
    """Delete all personal data of an account, which is locked; returns its number.

    Raises `NotFound`, also if that has been done before.
    """
    old = await find_account(transaction, BY_ID, user_id)
    if old is None or old.erased_at is not None:
        raise NotFound("user not found")
    anonymised = anonymous(project(old, User), at=at)
    await transaction.execute(
        ANONYMISE,
        user_id=user_id,
        new_username=anonymised.username,
        new_name=anonymised.display_name,
        at=at,
    )
    return old.number


async def notify_of_profile(
    transaction: Transaction, user_id: str, readers: Sequence[str], *, at: int
) -> list[Event]:
    """Notify the readers, who are locked, that a user's profile has changed."""
    logs = await LogWriter.open(transaction, readers)
    payload = EventPayload(EventKind.PROFILE, ProfileChange(user_id))
    events = [event for reader in readers for event in logs.add(reader, payload, at=at)]
    await logs.write(transaction)
    return events


def as_taken(duplicate: Duplicate) -> ChatError:
    """The error for a username or e-mail address that belongs to another account."""
    if "email_key" in duplicate.columns:
        return EmailTaken("this email address is taken", field="email")
    if "look_alike_key" in duplicate.columns:
        return UsernameTaken("this username looks like one that is taken", field="username")
    if "username_key" in duplicate.columns:
        return UsernameTaken("this username is taken", field="username")
    return duplicate


async def require_free_email(
    transaction: Transaction, email: str | None, *, owner: str | None = None
) -> None:
    """Raise `EmailTaken` if the address is that of another account than the owner's."""
    if email is None:
        return
    found = await find_account(transaction, BY_EMAIL, email_key(email))
    if found is not None and found.id != owner:
        raise EmailTaken("this email address is taken", field="email")


async def find_account(transaction: Transaction, query: SelectBase, key: str) -> AccountRow | None:
    """The account that a query has for a key, if there is one."""
    rows = await transaction.fetch(query, AccountRow, key=key)
    return rows[0] if rows else None


def _account(row: AccountRow | None) -> Account | None:
    if row is None:
        return None
    return Account(user=project(row, User), password_hash=row.password_hash)


class AccountMethods(StorageMethods[Database]):
    """Users; `ports.storage.Accounts` documents the methods."""

    account = reading(read_account)
    account_by_username = reading(read_account_by_username)
    account_by_email = reading(read_account_by_email)
    users = reading(read_users)
    list_users = reading(list_users)
    set_password = writing(set_password)
    set_disabled = writing(set_disabled)
    record_last_seen = writing(record_last_seen)
