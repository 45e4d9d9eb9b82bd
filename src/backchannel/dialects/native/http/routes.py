"""All routes of the native HTTP API, as routers for an application."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from backchannel.dialects.native.http import (
    accounts,
    avatars,
    browser,
    config,
    conversations,
    files,
    invitations,
    logins,
    messages,
    personal_data,
    previews,
    requests,
    search,
    sessions,
    sync,
    uploads,
    users,
)
from backchannel.dialects.native.http.problems import problem
from backchannel.http.errors import Render, handlers
from backchannel.http.requests import BEARER, known_query, require_login

PREFIX = "/v1"
TAGS = {
    "Accounts": "Create, read, change, export and delete your account.",
    "Invitations": "Codes with which people can create an account here.",
    "Logins": "Each device has its own login, which can be renewed and ended.",
    "Users": "Find other users, block them and report them.",
    "Conversations": "Your conversations with other users, and how far both of you have read.",
    "Messages": "Send, edit, delete, react. A success means that the change is on disk.",
    "Files": "Pictures, audio, video and documents. Messages name them by id.",
    "Search": "Find messages by their text.",
    "Previews": "Titles and descriptions of web pages, if the operator allows it.",
    "Sync": "The events that a device has missed, without a socket.",
    "Sessions": "Conversations with the server's responder. Their messages are read and sent like "
    "any others.",
    "Server": "The configuration that a client needs before a user has logged in.",
}
"""The groups of operations in the API's description."""


def routes() -> list[Router]:
    """The routers below `/v1`: the public ones, and those that need a login."""
    return [
        _open("Accounts", [*accounts.PUBLIC, *avatars.PUBLIC, *personal_data.PUBLIC]),
        _open("Invitations", invitations.BY_CODE, guarded=True),
        _open("Logins", [*logins.PUBLIC, *browser.PUBLIC]),
        _open("Server", config.PUBLIC),
        _private("Accounts", [*accounts.HANDLERS, *avatars.HANDLERS, *personal_data.HANDLERS]),
        _private("Invitations", invitations.HANDLERS),
        _private("Logins", logins.HANDLERS),
        _private("Users", users.HANDLERS),
        _private(
            "Conversations",
            [*conversations.HANDLERS, *requests.HANDLERS],
        ),
        _private("Messages", messages.HANDLERS),
        _private("Files", files.HANDLERS),
        _private("Files", uploads.HANDLERS, render=uploads.tus_problem),
        _private("Search", search.HANDLERS),
        _private("Previews", previews.HANDLERS),
        _private("Sync", sync.HANDLERS),
        _private("Sessions", sessions.HANDLERS),
    ]


def _open(tag: str, resource: Sequence[HTTPRouteHandler], *, guarded: bool = False) -> Router:
    """A router of public routes; with `guarded`, each of them has its own guards."""
    return Router(
        PREFIX,
        route_handlers=resource,
        tags=[tag],
        guards=[] if guarded else [known_query],
        exception_handlers=handlers(problem),
    )


def _private(tag: str, resource: Sequence[HTTPRouteHandler], *, render: Render = problem) -> Router:
    return Router(
        PREFIX,
        route_handlers=resource,
        tags=[tag],
        guards=[require_login, known_query],
        security=[BEARER],
        exception_handlers=handlers(render),
    )
