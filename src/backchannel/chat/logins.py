"""Logins: how they begin, are recognised and are renewed (rules S1 to S3)."""

import logging

import msgspec

from backchannel.chat import credentials
from backchannel.chat.core import Core
from backchannel.chat.credentials import Lookup
from backchannel.chat.logouts import end_logins
from backchannel.domain.errors import (
    AccountDisabled,
    Throttled,
    Unauthenticated,
    WrongPassword,
)
from backchannel.domain.ids import new_id
from backchannel.domain.users import Account, Login, User
from backchannel.telemetry.sparing import SparingLog

AGENT_LIMIT = 256
"""Characters kept of what a client calls itself."""
log = SparingLog(logging.getLogger(__name__))

GRACE = 30_000
"""Milliseconds for which a refresh may be repeated, because its answer may have been lost."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A client's tokens and user after a login.

    Times are milliseconds since 1970, `access_life` is seconds.
    """

    user: User
    login_id: str
    access_token: str
    access_expires_at: int
    access_life: int
    refresh_token: str
    refresh_expires_at: int

    def __repr__(self) -> str:
        """Without the tokens, which belong in no log (rule S6)."""
        return f"Session(user_id={self.user.id!r}, login_id={self.login_id!r})"


class Identity(msgspec.Struct, frozen=True):
    """The user and login of an access token, until `expires_at` (milliseconds since 1970)."""

    user_id: str
    username: str
    login_id: str
    expires_at: int


async def login(
    core: Core, *, identifier: str, password: str, agent: str = "", address: str = ""
) -> Session:
    """Log in by username or e-mail. `agent` and `address` are shown in the list of logins.

    Raises `WrongPassword`, also for an unknown account (rule S10), `AccountDisabled` (only
    after the right password), `Throttled`, `Overloaded`, `Invalid`.
    """
    lookup = Lookup(credentials.by_either, identifier)
    return await _login(core, lookup, password, agent=agent, address=address)


async def login_by_username(
    core: Core,
    *,
    username: str,
    password: str,
    agent: str = "",
    address: str = "",
    reveal_unknown: bool = False,
) -> Session:
    """Like `login`, by username only; raises `UnknownAccount` if `reveal_unknown`."""
    lookup = Lookup(credentials.by_username, username, reveal_unknown=reveal_unknown)
    return await _login(core, lookup, password, agent=agent, address=address)


async def login_by_email(
    core: Core,
    *,
    email: str,
    password: str,
    agent: str = "",
    address: str = "",
    reveal_unknown: bool = False,
) -> Session:
    """Like `login`, by e-mail only; raises `UnknownAccount` if `reveal_unknown`."""
    lookup = Lookup(credentials.by_email, email, "email", reveal_unknown=reveal_unknown)
    return await _login(core, lookup, password, agent=agent, address=address)


async def authenticate(core: Core, token: str) -> Identity:
    """The identity of an access token whose login has not ended on any node (rule S1).

    Raises `TokenExpired`, `Unauthenticated`.
    """
    claims = core.tokens.read_access(token)
    if not await core.live_logins.is_live(claims.login_id, claims.user_id):
        raise _logged_out()
    return Identity(claims.user_id, claims.username, claims.login_id, claims.expires_at)


async def refresh(core: Core, token: str) -> Session:
    """New tokens for a refresh token, which counts once (rule S3).

    Within `GRACE`, and until its successor has been used, it may be repeated and gives the same
    successor. One that comes back later ends the whole login, as it may have been stolen.
    Raises `TokenExpired`, `Unauthenticated`.
    """
    claims = core.tokens.read_refresh(token)
    generation = claims.generation or 0
    account = await core.storage.account(claims.user_id)
    if account is None:
        raise _logged_out()
    now = core.clock.now()
    until = now + core.policy.refresh_life * 1_000
    renewed = await core.storage.rotate_login(
        claims.login_id, generation=generation, at=now, until=until
    )
    if renewed is None:
        raise _logged_out()
    if renewed.generation != generation + 1 or abs(now - renewed.last_used_at) > GRACE:
        await end_logins(core, account.user.id, login_id=renewed.id)
        raise Unauthenticated("this refresh token has been used before; log in again")
    return _session(core, account.user, renewed)


async def begin(
    core: Core, account: Account, password: str, *, agent: str, address: str
) -> Session:
    """A login for an account that `password` has just been proven to open.

    Raises `WrongPassword` if it no longer does.
    """
    now = core.clock.now()
    started = Login(
        id=new_id(),
        user_id=account.user.id,
        agent=agent[:AGENT_LIMIT],
        address=address,
        created_at=now,
        last_used_at=now,
        expires_at=now + core.policy.refresh_life * 1_000,
    )
    await core.storage.create_login(started)
    if not await credentials.still_holds(core, account, password):
        # The password was changed, or the account disabled, while this login began (S2).
        await end_logins(core, account.user.id, login_id=started.id)
        raise WrongPassword(credentials.WRONG)
    return _session(core, account.user, started)


async def _login(core: Core, lookup: Lookup, password: str, *, agent: str, address: str) -> Session:
    try:
        account = await credentials.prove(core, lookup, password, address=address)
    except (Unauthenticated, AccountDisabled, Throttled) as refusal:
        # Not the name as it was typed: it may be a password in the wrong field (rule S6).
        known = await lookup.find(core, lookup.identifier)
        name = known.user.username if known else "(unknown)"
        log.warning("a login failed", address=address, account=name, reason=refusal.code)
        raise
    return await begin(core, account, password, agent=agent, address=address)


def _session(core: Core, user: User, login: Login) -> Session:
    access_token, claims = core.tokens.issue_access(user.id, login.id, user.username)
    refresh_token = core.tokens.issue_refresh(
        user.id,
        login.id,
        user.username,
        generation=login.generation,
        issued_at=login.last_used_at,
        expires_at=login.expires_at,
    )
    return Session(
        user=user,
        login_id=login.id,
        access_token=access_token,
        access_expires_at=claims.expires_at,
        access_life=core.policy.access_life,
        refresh_token=refresh_token,
        refresh_expires_at=login.expires_at,
    )


def _logged_out() -> Unauthenticated:
    return Unauthenticated("this login has ended; log in again")
