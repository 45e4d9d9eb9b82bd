"""Registration and login as the routes of several dialects offer them."""

from typing import Protocol

from backchannel.chat import accounts, logins
from backchannel.chat.core import Core
from backchannel.chat.logins import IssuedTokens
from backchannel.domain.errors import Invalid
from backchannel.domain.users import User
from backchannel.http.requests import StrictRequest, client_address, client_agent


class Registration(Protocol):
    """The body of a registration."""

    @property
    def username(self) -> str: ...

    @property
    def email(self) -> str | None: ...

    @property
    def password(self) -> str: ...


async def register_user(core: Core, request: StrictRequest, data: Registration) -> User:
    """Register the user that a body describes. Raises the errors of `chat.accounts.register`."""
    return await accounts.register(
        core,
        username=data.username,
        email=data.email,
        password=data.password,
        address=client_address(request),
    )


async def log_in_user(
    core: Core,
    request: StrictRequest,
    password: str,
    *,
    username: str | None = None,
    email: str | None = None,
    reveal_unknown: bool = False,
) -> IssuedTokens:
    """Log in by username or by e-mail address.

    Raises `Invalid` unless exactly one of them is given, and the errors of `login_by_username` or
    `login_by_email` in `chat.logins`; for an unknown user `UnknownAccount` if `reveal_unknown`.
    """
    agent, address = client_agent(request), client_address(request)
    if username is not None and email is None:
        return await logins.login_by_username(
            core,
            username=username,
            password=password,
            agent=agent,
            address=address,
            reveal_unknown=reveal_unknown,
        )
    if email is not None and username is None:
        return await logins.login_by_email(
            core,
            email=email,
            password=password,
            agent=agent,
            address=address,
            reveal_unknown=reveal_unknown,
        )
    raise Invalid("give either email or username", field="email")
