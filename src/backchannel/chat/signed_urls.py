"""Signed URLs of files: a browser can load them without an `Authorization` header.

A signature is valid for one file and one login, for a few minutes. Each request checks that its
user may read the file.
"""

import msgspec

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.domain.errors import Forbidden

PERIOD = 5 * 60 * 1_000
"""Milliseconds within which the same URL is issued again, so that browsers can cache."""
PERIODS = 3
"""A signature is valid until the end of the period after the next: 10 to 15 minutes."""


def admit(core: Core, user_id: str) -> None:
    """Count a request for signatures against the user's budget. Raises `Throttled`."""
    core.write_limits.spend(user_id)


def expiry(core: Core) -> int:
    """The expiry of a signature made now, in milliseconds since 1970."""
    return (core.clock.now() // PERIOD + PERIODS) * PERIOD


def sign(core: Core, identity: Identity, file_id: str, *, expires_at: int) -> str:
    """The signature that lets this login fetch a file, in the form used in a query."""
    claims = f"{identity.user_id}.{identity.login_id}.{expires_at}"
    return f"{claims}.{core.seals.seal(_statement(file_id, claims))}"


async def authenticate(core: Core, file_id: str, signature: str) -> Identity:
    """The identity of a signature. Raises `Forbidden`, also once its login has ended (S1)."""
    claims, _, seal = signature.rpartition(".")
    if not core.seals.is_genuine(_statement(file_id, claims), seal):
        raise Forbidden("this signature is not one for this file", field="signature")
    # A genuine signature has the form that `sign` gave it.
    user_id, login_id, expires_at = claims.split(".")
    is_live = await core.live_logins.is_live(login_id, user_id)
    if not is_live or int(expires_at) <= core.clock.now():
        raise Forbidden("this signature has expired; ask for a new URL", field="signature")
    # No username: nothing that a signature gives access to needs it.
    return Identity(user_id, "", login_id, int(expires_at))


def _statement(file_id: str, claims: str) -> bytes:
    return msgspec.json.encode(["file", file_id, claims])
