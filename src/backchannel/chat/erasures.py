"""Have an account erased, and ask what has become of it (rule S22)."""

from backchannel.chat import credentials
from backchannel.chat.core import Core
from backchannel.domain.erasures import Erasure, Receipt, new_erasure
from backchannel.domain.errors import NotFound


async def erase_own(core: Core, user_id: str, password: str) -> Erasure:
    """Like `request`, by the user, who must know the password.

    Raises `NotConfirmed`, `NotFound`, `Throttled` and `Overloaded`.
    """
    account = await core.storage.account(user_id)
    if account is None:
        raise NotFound("user not found")
    await credentials.confirm(core, account, password, field="password")
    return await request(core, user_id)


async def request(core: Core, user_id: str) -> Erasure:
    """Have an account erased: once this returns it will be, whatever happens.

    Its logins have ended (S1) and its profile is gone. The rest follows (`chat.erasing`), and
    the erasure's id, which nobody can guess, tells how far it is. Raises `NotFound`.
    """
    wish = new_erasure(user_id, at=core.clock.now())
    requested = await core.storage.request_erasure(wish)
    core.directory.forget(user_id)
    core.bus.publish_ended(requested.login_ids)
    core.bus.publish(requested.events)
    return wish


async def find(core: Core, erasure_id: str) -> Erasure:
    """The erasure with this id. Raises `NotFound`."""
    found = await core.storage.erasure(erasure_id)
    if found is None:
        raise NotFound("erasure not found")
    return found


def is_genuine(core: Core, receipt: Receipt, signature: str) -> bool:
    """True if this server issued this receipt."""
    return core.seals.is_genuine(receipt.statement(), signature)
