"""All routes of this dialect."""

from litestar import Router

from backchannel.dialects.queued_messages import wire
from backchannel.dialects.queued_messages.http import accounts, files, messages
from backchannel.dialects.shared.errors import handlers
from backchannel.dialects.shared.requests import BEARER, require_login

PREFIXES = ("/auth/", "/user/", "/message/", "/file/")
"""Where errors are told in this dialect's envelope."""


def routes() -> Router:
    """Registration and login for anybody, the rest for who is logged in."""
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
        tags=["Queued messages"],
        exception_handlers=handlers(wire.render),
    )
