"""Invitations to create an account."""

from typing import Any

import msgspec
from sqlalchemy import Select, Text, delete, exists, or_, select, update

from backchannel.domain.accounts import Invitation
from backchannel.domain.errors import Conflict, InvitationNeeded, NotFound
from backchannel.domain.users import Account
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.accounts import create_user
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locks import lock_active_user
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, invitation

FORGOTTEN = 100
"""Most expired invitations that are forgotten with a new one."""
COLUMNS = Invitation.__struct_fields__
_is_operators = invitation.c.inviter_id.is_(None)
_can_invite = or_(
    _is_operators,
    exists().where(account.c.id == invitation.c.inviter_id, account.c.disabled_at.is_(None)),
)
_COUNTING: Select[Any] = select(*(invitation.c[name] for name in COLUMNS)).where(
    invitation.c.uses > 0, invitation.c.expires_at > parameter("at"), _can_invite
)
BY_CODE = _COUNTING.where(invitation.c.code == parameter("code"))
_BY_INVITER = _COUNTING.order_by(invitation.c.created_at.desc(), invitation.c.code)
BY_USER = _BY_INVITER.where(invitation.c.inviter_id == parameter("inviter_id"))
BY_OPERATOR = _BY_INVITER.where(_is_operators)
USE = (
    update(invitation)
    .values(uses=invitation.c.uses - 1)
    .where(invitation.c.code == parameter("code"), invitation.c.uses > 0)
)
_this = invitation.c.code == parameter("code")
FORGET_USED_UP = delete(invitation).where(_this, invitation.c.uses == 0)
EXPIRED = (
    select(invitation.c.code)
    .where(invitation.c.expires_at <= parameter("at"))
    .order_by(invitation.c.expires_at)
    .limit(FORGOTTEN)
)
FORGET = delete(invitation).where(invitation.c.code.in_(any_of("codes", Text)))
WITHDRAW = delete(invitation).where(_this, invitation.c.inviter_id == parameter("inviter_id"))
WITHDRAW_OPERATORS = delete(invitation).where(_this, _is_operators)
FORGET_OF_USER = delete(invitation).where(invitation.c.inviter_id == parameter("inviter_id"))


async def create_invited(
    transaction: Transaction, new: Account, *, invitation: str | None = None
) -> None:
    """Add an account, with an invitation's code if that is needed. Raises `InvitationNeeded`."""
    code = invitation
    if code is not None:
        found = await read_invitation(transaction, code, at=new.user.created_at)
        if found is None:
            raise _no_longer_counts()
    await create_user(transaction, new)
    if code is not None:
        if not await transaction.execute(USE, code=code):
            raise _no_longer_counts()
        await transaction.execute(FORGET_USED_UP, code=code)


def _no_longer_counts() -> InvitationNeeded:
    return InvitationNeeded("this invitation is no longer valid", field="invitation")


async def create_invitation(transaction: Transaction, new: Invitation, *, limit: int) -> None:
    """Keep an invitation. Raises `Conflict` and `AccountDisabled`."""
    if new.inviter_id is not None:
        await lock_active_user(transaction, new.inviter_id)
    expired = await transaction.fetch(EXPIRED, str, at=new.created_at)
    await transaction.execute(FORGET, codes=expired)
    own = await read_invitations(transaction, new.inviter_id, at=new.created_at)
    if new.inviter_id is not None and len(own) >= limit:
        raise Conflict(f"you have {limit} valid invitations; withdraw one first")
    await transaction.insert(invitation, COLUMNS, [msgspec.structs.astuple(new)])


async def read_invitation(transaction: Transaction, code: str, *, at: int) -> Invitation | None:
    """The valid invitation with this code; None if there is none."""
    found = await transaction.fetch(BY_CODE, Invitation, code=code, at=at)
    return found[0] if found else None


async def read_invitations(
    transaction: Transaction, inviter_id: str | None, *, at: int
) -> list[Invitation]:
    """The valid invitations of an inviter, newest first."""
    if inviter_id is None:
        return await transaction.fetch(BY_OPERATOR, Invitation, at=at)
    return await transaction.fetch(BY_USER, Invitation, inviter_id=inviter_id, at=at)


async def withdraw_invitation(transaction: Transaction, inviter_id: str | None, code: str) -> None:
    """Forget an invitation. Raises `NotFound`."""
    if inviter_id is None:
        gone = await transaction.execute(WITHDRAW_OPERATORS, code=code)
    else:
        gone = await transaction.execute(WITHDRAW, code=code, inviter_id=inviter_id)
    if not gone:
        raise NotFound("invitation not found")


class InvitationMethods(StorageMethods[Database]):
    """Invitations; `ports.storage.Invitations` documents the methods."""

    create_user = writing(create_invited)
    create_invitation = writing(create_invitation)
    invitation = reading(read_invitation)
    invitations = reading(read_invitations)
    withdraw_invitation = writing(withdraw_invitation)
