"""All REST routes of this dialect."""

from litestar import Router

from backchannel.dialects.echo_sessions.errors import error_handlers
from backchannel.dialects.echo_sessions.http import accounts, sessions
from backchannel.dialects.shared.requests import BEARER, require_login

PREFIXES = ("/api/auth", "/api/sessions")
"""The paths whose errors use this dialect's format."""


TAGS = {"Echo sessions": "For Socket.IO clients that emit `join-session` and `message`."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The routes: those below `/api/sessions` need a login."""
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
        tags=list(TAGS),
        exception_handlers=error_handlers(),
    )
