"""Invitations to create an account."""

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from backchannel.chat import accounts, invitations
from backchannel.chat.conversations import PAGE
from backchannel.dialects.native.bodies import Time, UserBody
from backchannel.dialects.native.http.parameters import Cursor, Limit, Next, Strict, paginate
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import user_body
from backchannel.domain.accounts import INVITATION_DAYS_LIMIT, INVITATION_USES_LIMIT, Invitation
from backchannel.domain.times import iso
from backchannel.http.docs.samples import shown
from backchannel.http.requests import (
    BEARER,
    InjectedCore,
    StrictRequest,
    known_query,
    require_login,
)

CODE = "Vh7kPq2mXw4TzR9sJc3bNg"
"""A code as it may be, for examples."""
Code = Annotated[str, PathParameter(description="The invitation's code", examples=shown(CODE))]


class NewInvitation(Strict, frozen=True):
    """The number of accounts an invitation allows, and its lifetime."""

    uses: Annotated[int, Meta(ge=1, le=INVITATION_USES_LIMIT, examples=[1])] = 1
    days: Annotated[int, Meta(ge=1, le=INVITATION_DAYS_LIMIT, examples=[7])] = 7


class InvitationBody(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation of yours. `path` is where the web client takes it."""

    code: Annotated[str, Meta(examples=[CODE])]
    path: Annotated[str, Meta(examples=[f"/sign-up?invitation={CODE}"])]
    uses: Annotated[
        int,
        Meta(description="The number of accounts that can still be created with it", examples=[1]),
    ]
    created_at: Time
    expires_at: Time


class InvitationList(msgspec.Struct, frozen=True):
    """A page of your valid invitations, the newest first."""

    items: list[InvitationBody]
    next: Next


class ShownInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as an invited person sees it."""

    inviter: Annotated[UserBody | None, Meta(description="Null: the operator of the server")]
    expires_at: Time


@post(
    "/invitations",
    summary="Invite people",
    description="Anyone who has the code can create an account with it, up to `uses` times, for "
    "`days` days. You may have 20 valid invitations. The operator must allow it: see "
    "`user_invitations` in `/v1/config`.",
    responses=problems(401, 403, 409, 429, body=True),
)
async def create_invitation(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewInvitation]
) -> InvitationBody:
    user_id = request.user.user_id
    return _body(await invitations.invite(core, user_id, uses=data.uses, days=data.days))


@get(
    "/invitations",
    summary="List your invitations",
    description="Those that are still valid.",
    responses=problems(401),
)
async def list_invitations(
    request: StrictRequest, core: InjectedCore, limit: Limit = PAGE, cursor: Cursor = None
) -> InvitationList:
    found = await invitations.invitations(core, request.user.user_id)
    page, following = paginate(found, _cursor, limit=limit, cursor=cursor)
    return InvitationList([_body(each) for each in page], following)


@delete(
    "/invitations/{code:str}",
    summary="Withdraw an invitation",
    description="It is no longer valid. Accounts that were created with it stay.",
    guards=[require_login, known_query],
    security=[BEARER],
    responses=problems(401, 404, 429),
)
async def withdraw_invitation(request: StrictRequest, core: InjectedCore, code: Code) -> None:
    await invitations.withdraw(core, request.user.user_id, code)


@get(
    "/invitations/{code:str}",
    summary="Get an invitation",
    description="For an invited person, who has no account yet. An invitation that has expired, is "
    "used up or was withdrawn is not found.",
    guards=[known_query],
    responses=problems(404),
)
async def get_invitation(core: InjectedCore, code: Code) -> ShownInvitation:
    found = await invitations.find(core, code)
    inviters = await accounts.users_by_id(core, [found.inviter_id] if found.inviter_id else [])
    inviter = next(iter(inviters.values()), None)
    return ShownInvitation(
        inviter=None if inviter is None else user_body(inviter), expires_at=iso(found.expires_at)
    )


def _cursor(invitation: Invitation) -> str:
    return f"{invitation.created_at:015}.{invitation.code}"


def _body(invitation: Invitation) -> InvitationBody:
    return InvitationBody(
        code=invitation.code,
        path=f"/sign-up?invitation={invitation.code}",
        uses=invitation.uses,
        created_at=iso(invitation.created_at),
        expires_at=iso(invitation.expires_at),
    )


BY_CODE = [get_invitation, withdraw_invitation]
"""One path, and so one router, but only one of them needs a login: each has its guards."""
HANDLERS = [create_invitation, list_invitations]
