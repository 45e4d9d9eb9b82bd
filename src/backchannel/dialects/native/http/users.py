"""Other users: find them, block them, report them to the operator."""

from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from backchannel.chat import accounts, conversations, reports
from backchannel.chat.conversations import PAGE
from backchannel.dialects.native.bodies import Id, Time, UserBody
from backchannel.dialects.native.http.parameters import (
    INTEGER_LIMIT,
    Cursor,
    Limit,
    Next,
    Strict,
    UserName,
    no_cursor,
    paginate,
)
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import user_body
from backchannel.domain.reports import COMMENT_LIMIT, MESSAGES_LIMIT, ReportReason
from backchannel.domain.times import iso
from backchannel.http.requests import InjectedCore, StrictRequest

AFTER = "after."
"""The prefix of a cursor; the username of the page's last user follows."""


class UserList(msgspec.Struct, frozen=True):
    """A page of users, by username."""

    items: list[UserBody]
    next: Next


@get(
    "/users",
    summary="List users, or find some by name",
    description="By username. `search` finds a part of a username or display name, whatever its "
    "case.",
    responses=problems(401),
)
async def list_users(
    core: InjectedCore,
    limit: Limit = PAGE,
    cursor: Cursor = None,
    search: Annotated[
        str | None,
        QueryParameter(description="Part of a username or display name", max_length=64),
    ] = None,
) -> UserList:
    after = None if cursor is None else _parse_name(cursor)
    users = await accounts.list_users(core, after=after, limit=limit, search=search)
    following = f"{AFTER}{users[-1].username}" if len(users) == limit else None
    return UserList([user_body(user) for user in users], following)


@get(
    "/users/{user:str}",
    summary="Get a user",
    description="By id or by username. `deleted` is true once the account has been erased.",
    responses=problems(401, 404),
)
async def get_user(core: InjectedCore, user: UserName) -> UserBody:
    return user_body(await accounts.find_user(core, user))


@get(
    "/blocks",
    summary="List the users you have blocked",
    description="The newest accounts come first.",
    responses=problems(401),
)
async def list_blocks(
    request: StrictRequest, core: InjectedCore, limit: Limit = PAGE, cursor: Cursor = None
) -> UserList:
    blocked = await conversations.blocked(core, request.user.user_id)
    page, following = paginate(blocked, str, limit=limit, cursor=cursor)
    found = await accounts.users_by_id(core, page)
    return UserList([user_body(found[user_id]) for user_id in page if user_id in found], following)


@put(
    "/blocks/{user:str}",
    summary="Block a user",
    description="Neither of you can write to the other any more, and nothing else that one of you "
    "does reaches the other: edits and reactions are refused; typing, presence, receipts and "
    "changes of the profile are not delivered. Both can still delete their own messages.",
    status_code=204,
    responses=problems(401, 404),
)
async def block_user(request: StrictRequest, core: InjectedCore, user: UserName) -> None:
    await _set_blocked(request, core, user, blocked=True)


@delete(
    "/blocks/{user:str}",
    summary="Unblock a user",
    description="Unblocking a user who is not blocked changes nothing.",
    responses=problems(401, 404),
)
async def unblock_user(request: StrictRequest, core: InjectedCore, user: UserName) -> None:
    await _set_blocked(request, core, user, blocked=False)


def _parse_name(cursor: str) -> str:
    """The username in a cursor. Raises `Invalid`."""
    name = cursor.removeprefix(AFTER)
    if name in {cursor, ""} or not name.isprintable():
        raise no_cursor()
    return name


async def _set_blocked(
    request: StrictRequest, core: InjectedCore, user: str, *, blocked: bool
) -> None:
    other_id = await core.directory.find_id(user, field="user")
    await conversations.set_blocked(core, request.user.user_id, other_id, blocked=blocked)


class NewReport(Strict, frozen=True, kw_only=True):
    """The user to report, why, and messages of theirs."""

    user: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="An id or a username", examples=["grace"]),
    ]
    reason: Annotated[ReportReason, Meta(examples=["spam"])]
    comment: Annotated[str, Meta(max_length=COMMENT_LIMIT, examples=["Writes every day"])] = ""
    messages: Annotated[
        list[Annotated[int, Meta(ge=1, le=INTEGER_LIMIT)]],
        Meta(
            max_length=MESSAGES_LIMIT,
            description="The `seq` of messages that they have sent to you",
            examples=[[]],
        ),
    ] = msgspec.field(default_factory=list)


class ReportBody(msgspec.Struct, frozen=True, kw_only=True):
    """A report that waits for the operator."""

    id: Id
    created_at: Time


@post(
    "/reports",
    summary="Report a user",
    description="The operator of the server sees who reports whom, the reason, the comment, and a "
    "copy of the messages you name, also when they are changed or deleted later. The reported user "
    "does not learn of it. It blocks nobody and answers no message request: send that as well if "
    "you want it.",
    responses=problems(401, 404, 409, 429, body=True),
)
async def report_user(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewReport]
) -> ReportBody:
    other_id = await core.directory.find_id(data.user, field="user")
    made = await reports.report(
        core,
        request.user.user_id,
        other_id,
        reason=data.reason,
        comment=data.comment,
        seqs=data.messages,
    )
    return ReportBody(id=made.id, created_at=iso(made.created_at))


HANDLERS = [list_users, get_user, list_blocks, block_user, unblock_user, report_user]
