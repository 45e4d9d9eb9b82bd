"""All routes of this dialect."""

from litestar import Router

from backchannel.dialects.queued_messages import wire
from backchannel.dialects.queued_messages.http import accounts, files, messages
from backchannel.dialects.shared.errors import handlers
from backchannel.dialects.shared.requests import BEARER, require_login

PREFIXES = ("/auth/", "/user/", "/message/", "/file/")
"""The paths whose errors use this dialect's envelope."""


TAGS = {"Queued messages": "For Socket.IO clients that emit `sendMessage` and `uploadFile`."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """All routes; only registration and login work without a login."""
    inside = Router(
        "/",
        route_handlers=[
            accounts.list_users,
            messages.send_message,
            messages.read_messages_descending,
            messages.read_messages_ascending,
            files.upload_file,
        ],
        guards=[require_login],
        security=[BEARER],
    )
    return Router(
        "/",
        route_handlers=[accounts.register, accounts.login, inside],
        tags=list(TAGS),
        exception_handlers=handlers(wire.render),
    )
