"""Logins of a browser: its refresh token lives in a cookie that no script can read.

Only pages that this server serves may use them: each request must carry their exact Origin, which
a page cannot forge (Fetch standard, "Origin" header). Other clients use `/v1/login`.
"""

import contextlib
from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from msgspec import Meta

from backchannel.chat import logins
from backchannel.chat.core import Core
from backchannel.chat.logins import IssuedTokens
from backchannel.dialects.native.bodies import AccountBody, Id, Life, Time
from backchannel.dialects.native.http.logins import Credentials, start_login
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import account_body
from backchannel.domain.errors import Forbidden, Unauthenticated
from backchannel.domain.times import iso
from backchannel.http.requests import InjectedCore, StrictRequest

SECURE_NAME = "__Host-backchannel"
"""Over HTTPS. The prefix binds the cookie to this host, and to HTTPS (RFC 6265bis, 4.1.3.2)."""
PLAIN_NAME = "backchannel"
"""Over plain HTTP, where browsers refuse `__Host-` cookies."""
PATH = "/"
"""`__Host-` cookies have no other path."""


class BrowserTokensBody(msgspec.Struct, frozen=True, kw_only=True):
    """The login as a page keeps it in memory."""

    user: AccountBody
    login_id: Id
    token_type: Annotated[str, Meta(examples=["Bearer"])] = "Bearer"  # noqa: S105 - a word
    access_token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]
    expires_at: Time
    expires_in: Life
    refresh_expires_at: Time


@post(
    "/browser/login",
    summary="Log in from a page of this server",
    description="The refresh token is set as an HttpOnly cookie. A wrong password and an unknown "
    "name get the same answer.",
    status_code=200,
    responses=problems(401, 403, 429, body=True),
)
async def browser_login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Credentials]
) -> Response[BrowserTokensBody]:
    secure = require_own_page(request)
    return _with_cookie(core, await start_login(request, core, data), secure=secure)


@post(
    "/browser/refresh",
    summary="Renew a browser's login",
    description="Reads the refresh token from its cookie, and replaces it.",
    status_code=200,
    responses=problems(401, 403),
)
async def browser_refresh(
    request: StrictRequest, core: InjectedCore
) -> Response[BrowserTokensBody]:
    secure = require_own_page(request)
    tokens = await logins.refresh(core, _token_in(request, secure=secure))
    return _with_cookie(core, tokens, secure=secure)


@post(
    "/browser/logout",
    summary="Log a browser out",
    description="Ends the login that the cookie belongs to, and removes the cookie.",
    status_code=204,
    responses=problems(403),
)
async def browser_logout(request: StrictRequest, core: InjectedCore) -> Response[None]:
    secure = require_own_page(request)
    response: Response[None] = Response(None, status_code=204)
    response.set_cookie(_cookie("", 0, secure=secure))
    with contextlib.suppress(Unauthenticated):  # there is nothing to end
        await logins.logout_by_refresh_token(core, _token_in(request, secure=secure))
    return response


def require_own_page(request: StrictRequest) -> bool:
    """Return True if the page was loaded by HTTPS. Raises `Forbidden` for pages of other servers.

    Behind a proxy that ends TLS the request may look plain, but the browser names the scheme.
    """
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    if host and origin == f"https://{host}":
        return True
    if host and origin == f"http://{host}" and request.scope["scheme"] == "http":
        return False
    raise Forbidden(
        "only pages that this server serves may do this; use /v1/login elsewhere", field="origin"
    )


def _token_in(request: StrictRequest, *, secure: bool) -> str:
    token = request.cookies.get(SECURE_NAME if secure else PLAIN_NAME)
    if not token:
        raise Unauthenticated("this browser is not logged in")
    return token


def _with_cookie(core: Core, tokens: IssuedTokens, *, secure: bool) -> Response[BrowserTokensBody]:
    body = BrowserTokensBody(
        user=account_body(tokens.user),
        login_id=tokens.login_id,
        access_token=tokens.access_token,
        expires_at=iso(tokens.access_expires_at),
        expires_in=tokens.access_life,
        refresh_expires_at=iso(tokens.refresh_expires_at),
    )
    response = Response(body, status_code=200)
    response.set_cookie(_cookie(tokens.refresh_token, core.policy.refresh_life, secure=secure))
    return response


def _cookie(value: str, life: int, *, secure: bool) -> Cookie:
    return Cookie(
        key=SECURE_NAME if secure else PLAIN_NAME,
        value=value,
        path=PATH,
        max_age=life,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


PUBLIC = [browser_login, browser_refresh, browser_logout]
