"""Login sessions: families of refresh tokens (rules S1 to S3)."""

import msgspec

from backchannel.domain.users import Login
from backchannel.storage.mongodb.account_documents import LoginDocument
from backchannel.storage.mongodb.accounts import refuse_erased
from backchannel.storage.mongodb.reader import ASCENDING, DESCENDING, View, get_one
from backchannel.storage.mongodb.schema import LOGINS
from backchannel.storage.mongodb.staging import Transaction

NEWEST_FIRST = (("created_at", DESCENDING), ("_id", DESCENDING))


async def create_login(transaction: Transaction, new: Login) -> None:
    """Add a login session. Raises `AccountDisabled` for an erased account."""
    await refuse_erased(transaction, new.user_id)
    transaction.add(LOGINS, LoginDocument(**msgspec.structs.asdict(new)))


async def read_login(view: View, login_id: str) -> Login | None:
    """The login of that id, ended or not, if there is one."""
    found = await get_one(view, LOGINS, login_id)
    return None if found is None else _login(found)


async def read_logins(view: View, user_id: str, *, ended: bool = False) -> list[Login]:
    """A user's logins, newest first: those that have not ended, or all."""
    return [_login(each) for each in await _logins(view, user_id, ended=ended)]


async def rotate_login(
    transaction: Transaction, login_id: str, *, generation: int, at: int, until: int
) -> Login | None:
    """Count the refresh token up, as `ports.storage.Accounts.rotate_login` promises."""
    login = await get_one(transaction, LOGINS, login_id)
    if login is None or login.ended_at is not None:
        return None
    # One that is ahead was given out before an older database was put back.
    if login.generation <= generation:
        login.generation = generation + 1
        login.last_used_at, login.expires_at = at, until
    return _login(login)


async def end_logins(
    transaction: Transaction, user_id: str, *, login_id: str | None, keep: str | None, at: int
) -> list[str]:
    """End one login of the user, or all but `keep`; the ids that ended now."""
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
    """Forget the agents and addresses of all logins of a user."""
    for each in await _logins(transaction, user_id, ended=True):
        each.agent = each.address = ""


async def _logins(view: View, user_id: str, *, ended: bool = False) -> list[LoginDocument]:
    query: dict[str, object] = {"user_id": user_id}
    if not ended:
        query["ended_at"] = None
    return await view.find(LOGINS, query, order=NEWEST_FIRST)


def _login(document: LoginDocument) -> Login:
    return Login(**{name: getattr(document, name) for name in Login.__struct_fields__})
