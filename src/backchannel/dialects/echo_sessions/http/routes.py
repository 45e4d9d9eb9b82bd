"""All REST routes of this dialect."""

from litestar import Router

from backchannel.dialects.echo_sessions.errors import error_handlers
from backchannel.dialects.echo_sessions.http import accounts, sessions
from backchannel.dialects.shared.requests import BEARER, require_login

PREFIXES = ("/api/auth", "/api/sessions")
"""Where errors are told in this dialect's words."""


def routes() -> Router:
    """The routes: those below `/api/sessions` are for who is logged in."""
    auth, inside = PREFIXES
    return Router(
        "/",
        route_handlers=[
            Router(auth, route_handlers=accounts.HANDLERS),
            Router(
                inside,
                route_handlers=sessions.HANDLERS,
                guards=[require_login],
                security=[BEARER],
            ),
        ],
        tags=["Echo sessions"],
        exception_handlers=error_handlers(),
    )
