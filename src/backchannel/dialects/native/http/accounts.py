"""Your account: create it, read it, change it."""

from typing import Annotated

from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import Meta

from backchannel.chat import accounts
from backchannel.dialects.native.bodies import AccountBody, SessionBody
from backchannel.dialects.native.http.invitations import CODE
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import account_body, session_body
from backchannel.dialects.shared.docs.texts import checked_text
from backchannel.dialects.shared.requests import (
    InjectedCore,
    StrictRequest,
    client_address,
    client_agent,
)
from backchannel.domain.accounts import (
    ABOUT_LIMIT,
    PASSWORD_LIMIT,
    PASSWORD_MINIMUM,
    USERNAME_LIMIT,
)

Email = Annotated[str, Meta(examples=["ada@example.org"])]
Username = Annotated[str, checked_text(1, USERNAME_LIMIT, example="ada", note=", no @")]
DisplayName = Annotated[str, checked_text(1, USERNAME_LIMIT, example="Ada Lovelace")]
About = Annotated[str, checked_text(0, ABOUT_LIMIT, example="Out for lunch", note=", one line")]
Password = Annotated[
    str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
]


class Registration(Strict, frozen=True):
    username: Username
    password: Password
    email: Email | None = None
    display_name: DisplayName | None = None
    invitation: Annotated[str, Meta(examples=[CODE])] | None = None


class Profile(Strict, frozen=True):
    """Omitted fields keep their values. A new `email` requires the account's `password`."""

    display_name: DisplayName | None = None
    about: About | None = None
    email: Email | None = None
    password: Annotated[str, Meta(examples=["correct horse battery"])] | None = None


class NewPassword(Strict, frozen=True):
    old_password: Annotated[str, Meta(examples=["correct horse battery"])]
    new_password: Annotated[
        str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="staple of the new kind")
    ]


@post(
    "/register",
    summary="Create an account",
    description="Where `/v1/config` says so, with the code of an `invitation`; without a good one "
    "this is 403 `invitation_needed`. The server may also be closed for registration: its operator "
    "then creates accounts. Log in afterwards.",
    responses=problems(403, 409, 429, body=True),
)
async def register(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Registration]
) -> AccountBody:
    user = await accounts.register(
        core,
        username=data.username,
        email=data.email,
        password=data.password,
        display_name=data.display_name,
        invitation=data.invitation,
        address=client_address(request),
    )
    return account_body(user)


@get(
    "/me",
    summary="Get your account",
    description="Includes private fields, such as the e-mail address.",
    responses=problems(401),
)
async def get_me(request: StrictRequest, core: InjectedCore) -> AccountBody:
    return account_body(await accounts.profile(core, request.user.user_id))


@patch(
    "/me",
    summary="Change your profile",
    description="Omitted fields keep their values. Your other devices and the users you have "
    "conversations with are notified. A wrong `password` is 403 `wrong_password`. Attempts to "
    "take an e-mail address that is in use are limited.",
    responses=problems(401, 403, 409, 429, body=True),
)
async def update_me(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Profile]
) -> AccountBody:
    user = await accounts.update_profile(
        core,
        request.user.user_id,
        display_name=data.display_name,
        about=data.about,
        email=data.email,
        password=data.password,
    )
    return account_body(user)


@post(
    "/password",
    summary="Change your password",
    description="Ends all your logins, including this one, and starts a new one for this device. "
    "A wrong `old_password` is 403 `wrong_password`.",
    status_code=200,
    responses=problems(401, 403, 429, body=True),
)
async def change_password(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewPassword]
) -> SessionBody:
    session = await accounts.change_password(
        core,
        request.user,
        old=data.old_password,
        new=data.new_password,
        agent=client_agent(request),
        address=client_address(request),
    )
    return session_body(session)


PUBLIC = [register]
HANDLERS = [get_me, update_me, change_password]
