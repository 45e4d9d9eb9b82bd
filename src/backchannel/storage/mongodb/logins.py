"""Logins: families of refresh tokens (rules S1 to S3)."""

import msgspec

from backchannel.domain.users import Login
from backchannel.storage.mongodb.account_documents import LoginDocument
from backchannel.storage.mongodb.accounts import refuse_erased
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.reader import ASCENDING, DESCENDING, View, get_one
from backchannel.storage.mongodb.schema import LOGINS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing

NEWEST_FIRST = (("created_at", DESCENDING), ("_id", DESCENDING))


async def create_login(transaction: Transaction, new: Login, *, password_hash: str) -> bool:
    """Implements `ports.storage.Accounts.create_login`."""
    await refuse_erased(transaction, new.user_id)
    user = await get_one(transaction, USERS, new.user_id)
    if user is None or user.disabled_at is not None or user.password_hash != password_hash:
        return False
    transaction.add(LOGINS, LoginDocument(**msgspec.structs.asdict(new)))
    return True


async def read_login(view: View, login_id: str) -> Login | None:
    """The login with this id, ended or not; None if there is none."""
    found = await get_one(view, LOGINS, login_id)
    return None if found is None else _login(found)


async def read_logins(view: View, user_id: str, *, ended: bool = False) -> list[Login]:
    """A user's logins, newest first: those that have not ended, or all."""
    return [_login(each) for each in await _logins(view, user_id, ended=ended)]


async def rotate_login(
    transaction: Transaction, login_id: str, *, generation: int, at: int, until: int
) -> Login | None:
    """Implements `ports.storage.Accounts.rotate_login`."""
    login = await get_one(transaction, LOGINS, login_id)
    if login is None or login.ended_at is not None:
        return None
    # A token of a later generation was issued before the database was restored.
    if login.generation <= generation:
        login.generation = generation + 1
        login.last_used_at, login.expires_at = at, until
    return _login(login)


async def end_logins(
    transaction: Transaction,
    user_id: str,
    *,
    login_id: str | None = None,
    keep: str | None = None,
    at: int,
) -> list[str]:
    """End one login of the user, or all except `keep`; returns the ids that ended now."""
    ending = [
        each
        for each in await _logins(transaction, user_id)
        if each.id != keep and login_id in {None, each.id}
    ]
    for each in ending:
        each.ended_at = at
    return [each.id for each in ending]


async def read_ended_since(view: View, at: int) -> list[str]:
    """The logins that ended at or after `at`."""
    order = (("ended_at", ASCENDING), ("_id", ASCENDING))
    found = await view.find(LOGINS, {"ended_at": {"$gte": at}}, order=order)
    return sorted(each.id for each in found)


async def blank_logins(transaction: Transaction, user_id: str) -> None:
    """Delete the user agents and addresses of all logins of a user."""
    for each in await _logins(transaction, user_id, ended=True):
        each.agent = each.address = ""


async def _logins(view: View, user_id: str, *, ended: bool = False) -> list[LoginDocument]:
    query: dict[str, object] = {"user_id": user_id}
    if not ended:
        query["ended_at"] = None
    return await view.find(LOGINS, query, order=NEWEST_FIRST)


def _login(document: LoginDocument) -> Login:
    return Login(**{name: getattr(document, name) for name in Login.__struct_fields__})


class LoginMethods(StorageMethods[MongoDatabase]):
    """Logins; `ports.storage.Accounts` documents the methods."""

    create_login = writing(create_login)
    login = reading(read_login)
    logins = reading(read_logins)
    rotate_login = writing(rotate_login)
    end_logins = writing(end_logins)
    logins_ended_since = reading(read_ended_since)
