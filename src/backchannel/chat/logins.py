"""Logins: how they begin, are recognised, are renewed and end (rules S1 to S3)."""

import asyncio
import logging

import msgspec

from backchannel.chat import credentials
from backchannel.chat.core import Core
from backchannel.chat.credentials import LoginName
from backchannel.domain.errors import (
    AccountDisabled,
    NotFound,
    Overloaded,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from backchannel.domain.ids import new_id
from backchannel.domain.users import Account, Login, User
from backchannel.telemetry.logs import SparingLog

AGENT_LIMIT = 256
"""Characters kept of a client's user agent."""
log = SparingLog(logging.getLogger(__name__))

GRACE = 30_000
"""Milliseconds for which a refresh may be repeated, because its answer may have been lost."""

POLL_SECONDS = 0.4
"""Seconds between two checks for logins that another process has ended."""
OVERLAP = 5_000
"""Milliseconds by which two such checks overlap: the clocks of two nodes may differ."""


class IssuedTokens(msgspec.Struct, frozen=True, kw_only=True):
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
        return f"IssuedTokens(user_id={self.user.id!r}, login_id={self.login_id!r})"


class Identity(msgspec.Struct, frozen=True):
    """The user and login of an access token, until `expires_at` (milliseconds since 1970)."""

    user_id: str
    username: str
    login_id: str
    expires_at: int


async def login(
    core: Core, *, identifier: str, password: str, agent: str = "", address: str = ""
) -> IssuedTokens:
    """Log in by username or e-mail. `agent` and `address` are shown in the list of logins.

    Raises `WrongPassword`, also for an unknown account (rule S10), `AccountDisabled` (only
    after the right password), `Throttled`, `Overloaded`, `Invalid`.
    """
    login_name = LoginName(credentials.by_either, identifier)
    return await _login(core, login_name, password, agent=agent, address=address)


async def login_by_username(
    core: Core,
    *,
    username: str,
    password: str,
    agent: str = "",
    address: str = "",
    reveal_unknown: bool = False,
) -> IssuedTokens:
    """Like `login`, by username only; raises `UnknownAccount` if `reveal_unknown`."""
    login_name = LoginName(credentials.by_username, username, reveal_unknown=reveal_unknown)
    return await _login(core, login_name, password, agent=agent, address=address)


async def login_by_email(
    core: Core,
    *,
    email: str,
    password: str,
    agent: str = "",
    address: str = "",
    reveal_unknown: bool = False,
) -> IssuedTokens:
    """Like `login`, by e-mail only; raises `UnknownAccount` if `reveal_unknown`."""
    login_name = LoginName(credentials.by_email, email, "email", reveal_unknown=reveal_unknown)
    return await _login(core, login_name, password, agent=agent, address=address)


async def authenticate(core: Core, token: str, *, to_queue: bool = False) -> Identity:
    """The identity of an access token whose login has not ended on any node (rule S1).

    Where there is a queue in front of the database, `to_queue` says that the request needs only the
    queue: it is accepted for a few minutes while the database is unavailable. Raises
    `TokenExpired`, `Unauthenticated`, `Unavailable`.
    """
    claims = core.tokens.read_access(token)
    in_outage = to_queue and core.queued is not None
    if not await core.live_logins.is_live(claims.login_id, claims.user_id, in_outage=in_outage):
        raise _logged_out()
    return Identity(claims.user_id, claims.username, claims.login_id, claims.expires_at)


async def refresh(core: Core, token: str) -> IssuedTokens:
    """New tokens for a refresh token, which works once (rule S3).

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
    return _issue_tokens(core, account.user, renewed)


async def start_login(
    core: Core, account: Account, password: str, *, agent: str, address: str
) -> IssuedTokens:
    """A new login for an account whose `password` was just verified.

    Raises `WrongPassword` if it is no longer right.
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
    while not await core.storage.create_login(started, password_hash=account.password_hash):
        # Changed or disabled meanwhile (S2), or only hashed again by another login.
        account = await credentials.verify_again(core, account.user.id, password)
    return _issue_tokens(core, account.user, started)


async def _login(
    core: Core, login_name: LoginName, password: str, *, agent: str, address: str
) -> IssuedTokens:
    try:
        account = await credentials.verify_login(core, login_name, password, address=address)
    except (Unauthenticated, AccountDisabled, Throttled) as refusal:
        # Not the name as it was typed: it may be a password in the wrong field (rule S6).
        known = await login_name.find(core, login_name.identifier)
        name = known.user.username if known else "(unknown)"
        log.warning("a login failed", address=address, account=name, reason=refusal.code)
        raise
    return await start_login(core, account, password, agent=agent, address=address)


def _issue_tokens(core: Core, user: User, login: Login) -> IssuedTokens:
    access_token, claims = core.tokens.issue_access(user.id, login.id, user.username)
    refresh_token = core.tokens.issue_refresh(
        user.id,
        login.id,
        user.username,
        generation=login.generation,
        issued_at=login.last_used_at,
        expires_at=login.expires_at,
    )
    return IssuedTokens(
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


async def logout(core: Core, user_id: str, login_id: str) -> None:
    """End this login: its access and refresh tokens and its sockets (rule S1)."""
    await end_logins(core, user_id, login_id=login_id)


async def logout_by_refresh_token(core: Core, token: str) -> None:
    """End the login of a refresh token. Raises `TokenExpired` and `Unauthenticated`."""
    claims = core.tokens.read_refresh(token)
    await logout(core, claims.user_id, claims.login_id)


async def list_logins(core: Core, user_id: str) -> list[Login]:
    """The user's active logins, newest first."""
    now = core.clock.now()
    return [login for login in await core.storage.logins(user_id) if login.expires_at > now]


async def end_login(core: Core, user_id: str, login_id: str) -> None:
    """End one of the user's logins. Raises `NotFound`, for another user's too."""
    if not await end_logins(core, user_id, login_id=login_id):
        raise NotFound("login not found")


async def end_other_logins(core: Core, user_id: str, login_id: str) -> int:
    """End all of the user's logins except this one; returns the number that ended."""
    return len(await end_logins(core, user_id, keep=login_id))


async def end_logins(
    core: Core, user_id: str, *, login_id: str | None = None, keep: str | None = None
) -> list[str]:
    """End one login, or all except `keep`, in every process; returns the ids that ended now."""
    ended = await core.storage.end_logins(
        user_id, login_id=login_id, keep=keep, at=core.clock.now()
    )
    if ended:
        core.bus.publish_ended(ended)
    return ended


async def watch_ended(core: Core) -> None:
    """Run until cancelled: find logins ended without a bus message, as by the command line."""
    asked_at = core.clock.now()
    while True:
        now = core.clock.now()
        try:
            # A clock that was set back must not hide logins that have ended since.
            await _pass_on(core, since=min(asked_at, now) - OVERLAP)
        except (Unavailable, Overloaded):
            now = asked_at  # the next check covers this one
        asked_at = now
        await asyncio.sleep(POLL_SECONDS)


async def _pass_on(core: Core, *, since: int) -> None:
    ended = core.live_logins.unknown(await core.storage.logins_ended_since(since))
    if ended:
        core.bus.publish_ended(ended)
