"""Your account: create it, read it, change it; your privacy settings."""

from typing import Annotated

from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from backchannel.chat import accounts
from backchannel.chat import presence as chat
from backchannel.dialects.native.bodies import AccountBody, PrivacyBody, TokensBody
from backchannel.dialects.native.http.invitations import CODE
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import account_body, privacy_body, tokens_body
from backchannel.domain.accounts import (
    ABOUT_LIMIT,
    PASSWORD_LIMIT,
    PASSWORD_MINIMUM,
    USERNAME_LIMIT,
)
from backchannel.domain.users import Audience, FirstMessages, PrivacyPatch
from backchannel.http.docs.samples import checked_text
from backchannel.http.requests import InjectedCore, StrictRequest, client_address, client_agent

Email = Annotated[str, Meta(examples=["ada@example.org"])]
Username = Annotated[str, checked_text(1, USERNAME_LIMIT, example="ada", note=", no @")]
DisplayName = Annotated[str, checked_text(1, USERNAME_LIMIT, example="Ada Lovelace")]
About = Annotated[str, checked_text(0, ABOUT_LIMIT, example="Out for lunch", note=", one line")]
Password = Annotated[
    str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
]

_Audience = Annotated[Audience, Meta(examples=["nobody"])]


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
) -> TokensBody:
    tokens = await accounts.change_password(
        core,
        request.user,
        old=data.old_password,
        new=data.new_password,
        agent=client_agent(request),
        address=client_address(request),
    )
    return tokens_body(tokens)


PUBLIC = [register]


class ChangedPrivacy(Strict, frozen=True):
    """Omitted fields keep their values."""

    last_seen: _Audience | UnsetType = UNSET
    read_receipts: _Audience | UnsetType = UNSET
    typing: _Audience | UnsetType = UNSET
    first_messages: Annotated[FirstMessages, Meta(examples=["requests"])] | UnsetType = UNSET


@get(
    "/me/privacy",
    summary="Get your privacy settings",
    description="`last_seen`, `read_receipts` and `typing` are `everybody` or `nobody`, and "
    "mutual: if you hide something, you do not see it of others either. `everybody` means the "
    "users who share it with you: presence and typing are shared by users who have written to each "
    "other and have not blocked each other. With `first_messages`: `requests`, the messages of "
    "users to whom you have not written are message requests, which you accept or decline; with "
    "`everybody` they are conversations.",
    responses=problems(401),
)
async def get_privacy(request: StrictRequest, core: InjectedCore) -> PrivacyBody:
    return privacy_body(await chat.privacy(core, request.user.user_id))


@patch(
    "/me/privacy",
    summary="Change your privacy settings",
    description="They take effect at once, in every API and on open sockets. Information that "
    "others already have is not withdrawn. Delivery receipts are sent whatever `read_receipts` "
    "is. When you show your presence again, others see it with their next `watch`, and you must "
    "`watch` again. `first_messages` applies to conversations that begin later. Your other devices "
    "get a `profile` event about yourself.",
    responses=problems(401, 429, body=True),
)
async def change_privacy(
    request: StrictRequest, core: InjectedCore, data: JSONBody[ChangedPrivacy]
) -> PrivacyBody:
    wanted = PrivacyPatch(
        last_seen=data.last_seen,
        receipts=data.read_receipts,
        typing=data.typing,
        first_messages=data.first_messages,
    )
    return privacy_body(await chat.change_privacy(core, request.user.user_id, wanted))


HANDLERS = [get_me, update_me, change_password, get_privacy, change_privacy]
