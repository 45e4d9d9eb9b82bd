"""Invitations to create an account."""

from backchannel.domain.accounts import Invitation
from backchannel.domain.errors import Conflict, InvitationNeeded, NotFound
from backchannel.domain.users import Account
from backchannel.storage.mongodb.account_documents import InvitationDocument
from backchannel.storage.mongodb.accounts import create_user, refuse_erased
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.reader import DESCENDING, View, get_one
from backchannel.storage.mongodb.schema import INVITATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing

FORGOTTEN = 100
"""Most expired invitations that are forgotten with a new one."""
NEWEST_FIRST = (("created_at", DESCENDING),)


async def create_invited(
    transaction: Transaction, new: Account, *, invitation: str | None = None
) -> None:
    """Add an account, with an invitation's code if that is needed. Raises `InvitationNeeded`."""
    if invitation is not None:
        found = await _counting(transaction, invitation, at=new.user.created_at)
        if found is None:
            raise InvitationNeeded("this invitation is no longer valid", field="invitation")
        found.uses -= 1
    await create_user(transaction, new)


async def create_invitation(transaction: Transaction, new: Invitation, *, limit: int) -> None:
    """Keep an invitation. Raises `Conflict` and `AccountDisabled`."""
    if new.inviter_id is not None:
        await refuse_erased(transaction, new.inviter_id)
        if len(await read_invitations(transaction, new.inviter_id, at=new.created_at)) >= limit:
            raise Conflict(f"you have {limit} valid invitations; withdraw one first")
    expired = {"expires_at": {"$lte": new.created_at}}
    for each in await transaction.find(INVITATIONS, expired, limit=FORGOTTEN):
        transaction.remove(INVITATIONS, each)
    document = InvitationDocument(
        id=new.code,
        inviter_id=new.inviter_id,
        uses=new.uses,
        created_at=new.created_at,
        expires_at=new.expires_at,
    )
    transaction.add(INVITATIONS, document)


async def read_invitation(view: View, code: str, *, at: int) -> Invitation | None:
    """The valid invitation with this code; None if there is none."""
    found = await _counting(view, code, at=at)
    return None if found is None else _invitation(found)


async def read_invitations(view: View, inviter_id: str | None, *, at: int) -> list[Invitation]:
    """The valid invitations of an inviter, newest first."""
    found = await view.find(INVITATIONS, {"inviter_id": inviter_id}, order=NEWEST_FIRST)
    able = await _may_invite(view, inviter_id)
    return [_invitation(each) for each in found if able and _is_left(each, at)]


async def withdraw_invitation(transaction: Transaction, inviter_id: str | None, code: str) -> None:
    """Forget an invitation. Raises `NotFound`."""
    found = await get_one(transaction, INVITATIONS, code)
    if found is None or found.inviter_id != inviter_id:
        raise NotFound("invitation not found")
    transaction.remove(INVITATIONS, found)


async def forget_invitations(transaction: Transaction, user_id: str) -> None:
    """Forget the invitations of an erased user."""
    for each in await transaction.find(INVITATIONS, {"inviter_id": user_id}):
        transaction.remove(INVITATIONS, each)


async def _counting(view: View, code: str, *, at: int) -> InvitationDocument | None:
    found = await get_one(view, INVITATIONS, code)
    if found is None or not _is_left(found, at):
        return None
    return found if await _may_invite(view, found.inviter_id) else None


def _is_left(document: InvitationDocument, at: int) -> bool:
    return document.uses > 0 and document.expires_at > at


async def _may_invite(view: View, inviter_id: str | None) -> bool:
    """True for the operator, and for users who can log in."""
    if inviter_id is None:
        return True
    inviter = await get_one(view, USERS, inviter_id)
    return inviter is not None and inviter.disabled_at is None


def _invitation(document: InvitationDocument) -> Invitation:
    return Invitation(
        code=document.id,
        inviter_id=document.inviter_id,
        uses=document.uses,
        created_at=document.created_at,
        expires_at=document.expires_at,
    )


class InvitationMethods(StorageMethods[MongoDatabase]):
    """Invitations; `ports.storage.Invitations` documents the methods."""

    create_user = writing(create_invited)
    create_invitation = writing(create_invitation)
    invitation = reading(read_invitation)
    invitations = reading(read_invitations)
    withdraw_invitation = writing(withdraw_invitation)
