"""Sync: the events that a device has missed, without a socket."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from backchannel.chat import sync as chat
from backchannel.chat.sync import PAGE_LIMIT, Reset
from backchannel.dialects.native.bodies import Position
from backchannel.dialects.native.event_bodies import EventBody
from backchannel.dialects.native.http.parameters import INTEGER_LIMIT, Number, Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import event_body
from backchannel.http.requests import InjectedCore, StrictRequest

Epoch = Annotated[
    str, Meta(description="Changes when the server was restored from a backup", examples=["8Jx2mQ"])
]


class SyncBody(msgspec.Struct, frozen=True):
    """Consecutive events; request the next ones from `position` while there are `more`."""

    events: list[EventBody]
    epoch: Epoch
    position: Position
    more: Annotated[bool, Meta(examples=[False])]


class ResetBody(msgspec.Struct, frozen=True, kw_only=True):
    """The device cannot continue from its position: fetch everything, then continue from here."""

    reset: Literal[True] = True
    reason: Annotated[str, Meta(examples=["too_old"])]
    epoch: Epoch
    position: Position


class Acknowledgement(Strict, frozen=True):
    """The device has stored everything up to `position` durably."""

    position: Annotated[Number, Meta(examples=[1207])]


@get(
    "/sync",
    summary="Get what you have missed",
    description="The events after `position`, the oldest first; or a reset where the log does not "
    "hold them all. Never a partial list presented as complete.",
    responses=problems(401),
)
async def get_events(
    request: StrictRequest,
    core: InjectedCore,
    epoch: Annotated[str | None, QueryParameter(description="The epoch of `position`")] = None,
    position: Annotated[
        int, QueryParameter(ge=0, le=INTEGER_LIMIT, description="The last event you have applied")
    ] = 0,
    limit: Annotated[
        int,
        QueryParameter(
            ge=1, le=PAGE_LIMIT, description="The maximum number of events in the response"
        ),
    ] = PAGE_LIMIT,
) -> SyncBody | ResetBody:
    user_id = request.user.user_id
    page = await chat.sync(core, user_id, epoch=epoch, position=position, limit=limit)
    if isinstance(page, Reset):
        return ResetBody(reason=page.reason, epoch=page.head.epoch, position=page.head.position)
    events = [event_body(event) for event in page.events]
    return SyncBody(events, page.epoch, page.position, page.more)


@post(
    "/sync/ack",
    summary="Acknowledge events",
    description="Everything up to `position` is stored on this device. The senders learn that "
    "their messages were delivered.",
    status_code=204,
    responses=problems(401, body=True),
)
async def acknowledge_events(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Acknowledgement]
) -> None:
    identity = request.user
    chat.acknowledge(core, identity.user_id, identity.login_id, data.position)


HANDLERS = [get_events, acknowledge_events]
