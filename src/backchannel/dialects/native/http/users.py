"""Other people: find them, block them."""

from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.params import QueryParameter
from msgspec import Meta

from backchannel.chat import accounts, conversations
from backchannel.chat.conversations import PAGE
from backchannel.dialects.native.bodies import UserBody
from backchannel.dialects.native.http.parameters import Limit, UserName
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import user_body
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest


class UserPage(msgspec.Struct, frozen=True):
    """By username. `next` is the `after` of the next page, null on the last one."""

    users: list[UserBody]
    next: Annotated[str, Meta(examples=["grace"])] | None


class BlockList(msgspec.Struct, frozen=True):
    users: list[UserBody]


@get("/users", summary="Find people", responses=problems(401))
async def list_users(
    core: InjectedCore,
    after: Annotated[str | None, QueryParameter(description="`next` of the page before")] = None,
    limit: Limit = PAGE,
    search: Annotated[
        str | None,
        QueryParameter(description="Part of a username or display name", max_length=64),
    ] = None,
) -> UserPage:
    users = await accounts.list_users(core, after=after, limit=limit, search=search)
    following = users[-1].username if len(users) == limit else None
    return UserPage([user_body(user) for user in users], following)


@get("/users/{user:str}", summary="Look at somebody", responses=problems(401, 404))
async def get_user(core: InjectedCore, user: UserName) -> UserBody:
    return user_body(await accounts.find_user(core, user))


@get("/blocks", summary="List the people one has blocked", responses=problems(401))
async def list_blocks(request: StrictRequest, core: InjectedCore) -> BlockList:
    found = await core.storage.users(await conversations.blocked(core, request.user.user_id))
    return BlockList([user_body(user) for user in found.values()])


@put(
    "/blocks/{user:str}",
    summary="Block somebody",
    description="Neither of the two can write to the other any more.",
    status_code=204,
    responses=problems(401, 404),
)
async def block(request: StrictRequest, core: InjectedCore, user: UserName) -> None:
    await _set_blocked(request, core, user, blocked=True)


@delete("/blocks/{user:str}", summary="Lift a block", responses=problems(401, 404))
async def unblock(request: StrictRequest, core: InjectedCore, user: UserName) -> None:
    await _set_blocked(request, core, user, blocked=False)


async def _set_blocked(
    request: StrictRequest, core: InjectedCore, user: str, *, blocked: bool
) -> None:
    other_id = await core.directory.find_id(user, field="user")
    await conversations.set_blocked(core, request.user.user_id, other_id, blocked=blocked)


HANDLERS = [list_users, get_user, list_blocks, block, unblock]
