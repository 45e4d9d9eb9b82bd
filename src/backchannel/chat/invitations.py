"""Invitations: codes with which accounts can be created while registration is not open."""

import secrets

from backchannel.chat.core import Core
from backchannel.domain.accounts import (
    DAY,
    INVITATION_DAYS_LIMIT,
    INVITATION_LIMIT,
    INVITATION_USES_LIMIT,
    Invitation,
    Registration,
)
from backchannel.domain.errors import Forbidden, Invalid, InvitationNeeded, NotFound


async def invite(core: Core, user_id: str, *, uses: int, days: int) -> Invitation:
    """An invitation by a user.

    Raises `Forbidden` if users may not invite or registration is closed, `Invalid`,
    `Conflict` (the user has too many) and `Throttled`.
    """
    core.write_limits.spend(user_id)
    if not core.policy.users_invite:
        raise Forbidden("only the operator of this server can create invitations")
    return await _create(core, user_id, uses=uses, days=days)


async def invite_as_operator(core: Core, *, uses: int, days: int) -> Invitation:
    """An invitation by the operator. Raises `Forbidden` (registration is closed) and `Invalid`."""
    return await _create(core, None, uses=uses, days=days)


async def find(core: Core, code: str) -> Invitation:
    """The invitation with this code. Raises `NotFound` for one that is not valid."""
    if core.policy.registration is not Registration.CLOSED:
        found = await core.storage.invitation(code, at=core.clock.now())
        if found is not None:
            return found
    raise NotFound("this invitation is no longer valid")


async def invitations(core: Core, user_id: str) -> list[Invitation]:
    """The user's valid invitations, newest first."""
    return await core.storage.invitations(user_id, at=core.clock.now())


async def withdraw(core: Core, user_id: str, code: str) -> None:
    """Withdraw an invitation of the user. Raises `NotFound` and `Throttled`."""
    core.write_limits.spend(user_id)
    await core.storage.withdraw_invitation(user_id, code)


async def needed(core: Core, code: str | None) -> str | None:
    """The invitation that a registration uses: none if it is open, else the one with this code.

    Raises `Forbidden` if it is closed, and `InvitationNeeded`.
    """
    match core.policy.registration:
        case Registration.OPEN:
            return None
        case Registration.CLOSED:
            raise Forbidden("registration is closed; ask your operator for an account")
        case Registration.INVITATION:
            if code is None:
                raise InvitationNeeded(
                    "an account can be created by invitation only; open the link you were sent",
                    field="invitation",
                )
            if await core.storage.invitation(code, at=core.clock.now()) is None:
                raise InvitationNeeded("this invitation is no longer valid", field="invitation")
            return code


async def _create(core: Core, inviter_id: str | None, *, uses: int, days: int) -> Invitation:
    if core.policy.registration is Registration.CLOSED:
        raise Forbidden("registration is closed, so an invitation would be of no use")
    for field, value, limit in (
        ("uses", uses, INVITATION_USES_LIMIT),
        ("days", days, INVITATION_DAYS_LIMIT),
    ):
        if not 1 <= value <= limit:
            raise Invalid(f"{field} must be between 1 and {limit}", field=field)
    now = core.clock.now()
    made = Invitation(
        code=secrets.token_urlsafe(16),
        inviter_id=inviter_id,
        uses=uses,
        created_at=now,
        expires_at=now + days * DAY,
    )
    await core.storage.create_invitation(made, limit=INVITATION_LIMIT)
    return made
