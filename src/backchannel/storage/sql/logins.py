"""Logins: families of refresh tokens (rules S1 to S3)."""

from typing import Any

from sqlalchemy import ColumnElement, Text, select, update

from backchannel.domain.users import Login
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locks import lock, lock_active_user, users_by_id
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, login

COLUMNS = (
    "id",
    "user_id",
    "agent",
    "address",
    "created_at",
    "last_used_at",
    "expires_at",
    "generation",
    "position",
    "ended_at",
)
_columns: tuple[ColumnElement[Any], ...] = tuple(login.c[name] for name in COLUMNS)
_open = login.c.ended_at.is_(None)

BY_ID = select(*_columns).where(login.c.id == parameter("login_id"))
OF_USER = (
    select(*_columns)
    .where(login.c.user_id == parameter("user_id"))
    .order_by(login.c.created_at.desc(), login.c.id.desc())
)
OPEN = OF_USER.where(_open)
ENDED_SINCE = select(login.c.id).where(login.c.ended_at >= parameter("at")).order_by(login.c.id)
ROTATE = (
    update(login)
    .values(
        generation=parameter("expected") + 1,
        last_used_at=parameter("at"),
        expires_at=parameter("until"),
    )
    .where(
        login.c.id == parameter("login_id"),
        # A token of a later generation was issued before the database was restored.
        login.c.generation <= parameter("expected"),
        _open,
    )
)
UNCHANGED = select(account.c.number).where(
    account.c.id == parameter("user_id"),
    account.c.password_hash == parameter("password_hash"),
    account.c.disabled_at.is_(None),
)
END = (
    update(login).values(ended_at=parameter("at")).where(login.c.id.in_(any_of("login_ids", Text)))
)


async def create_login(transaction: Transaction, new: Login, *, password_hash: str) -> bool:
    """Implements `ports.storage.Accounts.create_login`."""
    await lock_active_user(transaction, new.user_id)
    if not await transaction.fetch(
        UNCHANGED, int, user_id=new.user_id, password_hash=password_hash
    ):
        return False
    row = [getattr(new, name) for name in COLUMNS]
    await transaction.insert(login, COLUMNS, [row])
    return True


async def read_login(transaction: Transaction, login_id: str) -> Login | None:
    """The login with this id, ended or not; None if there is none."""
    found = await transaction.fetch(BY_ID, Login, login_id=login_id)
    return found[0] if found else None


async def read_logins(
    transaction: Transaction, user_id: str, *, ended: bool = False
) -> list[Login]:
    """A user's logins, newest first: those that have not ended, or all."""
    return await transaction.fetch(OF_USER if ended else OPEN, Login, user_id=user_id)


async def rotate_login(
    transaction: Transaction, login_id: str, *, generation: int, at: int, until: int
) -> Login | None:
    """Implements `ports.storage.Accounts.rotate_login`."""
    await transaction.execute(ROTATE, login_id=login_id, expected=generation, at=at, until=until)
    found = await read_login(transaction, login_id)
    return None if found is None or found.ended_at is not None else found


async def end_logins(
    transaction: Transaction,
    user_id: str,
    *,
    login_id: str | None = None,
    keep: str | None = None,
    at: int,
) -> list[str]:
    """End one login of the user, or all except `keep`; returns the ids that ended now."""
    await lock(transaction, users_by_id([user_id]))
    ending = [
        each.id
        for each in await read_logins(transaction, user_id)
        if each.id != keep and login_id in {None, each.id}
    ]
    await transaction.execute(END, login_ids=ending, at=at)
    return ending


async def read_ended_since(transaction: Transaction, at: int) -> list[str]:
    """The logins that ended at or after `at`."""
    return await transaction.fetch(ENDED_SINCE, str, at=at)


class LoginMethods(StorageMethods[Database]):
    """Logins; `ports.storage.Accounts` documents the methods."""

    create_login = writing(create_login)
    login = reading(read_login)
    logins = reading(read_logins)
    rotate_login = writing(rotate_login)
    end_logins = writing(end_logins)
    logins_ended_since = reading(read_ended_since)
