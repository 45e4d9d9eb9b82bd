"""The end of logins: everywhere, with their open sockets, within a second (rules S1, S2)."""

import asyncio

from backchannel.chat.core import Core
from backchannel.domain.errors import NotFound, Overloaded, Unavailable
from backchannel.domain.users import Login

POLL_SECONDS = 0.4
"""The seconds between looks for logins that another process has ended."""
OVERLAP = 5_000
"""Milliseconds that each such question goes back: the clocks of two nodes may differ."""


async def logout(core: Core, user_id: str, login_id: str) -> None:
    """End this login: its access and refresh tokens and its sockets (rule S1)."""
    await end_logins(core, user_id, login_id=login_id)


async def list_logins(core: Core, user_id: str) -> list[Login]:
    """The user's logins that count, newest first."""
    now = core.clock.now()
    return [login for login in await core.storage.logins(user_id) if login.expires_at > now]


async def end_login(core: Core, user_id: str, login_id: str) -> None:
    """End one of the user's logins. Raises `NotFound`, for another user's too."""
    if not await end_logins(core, user_id, login_id=login_id):
        raise NotFound("login not found")


async def end_other_logins(core: Core, user_id: str, login_id: str) -> int:
    """End all of the user's logins but this one; how many ended."""
    return len(await end_logins(core, user_id, keep=login_id))


async def end_logins(
    core: Core, user_id: str, *, login_id: str | None = None, keep: str | None = None
) -> list[str]:
    """End one login, or all but `keep`, and tell every process; the ids that ended now."""
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
            # A clock that was set back must not hide what has ended since.
            await _pass_on(core, since=min(asked_at, now) - OVERLAP)
        except (Unavailable, Overloaded):
            now = asked_at  # the next question covers this one
        asked_at = now
        await asyncio.sleep(POLL_SECONDS)


async def _pass_on(core: Core, *, since: int) -> None:
    ended = core.live_logins.unknown(await core.storage.logins_ended_since(since))
    if ended:
        core.bus.publish_ended(ended)
