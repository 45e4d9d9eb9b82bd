"""The JSON of this dialect's REST routes; its messages are the frames of `/websocket`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.event_socket.wire import MessageBody
from backchannel.domain.times import iso
from backchannel.domain.users import Login, User

Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class UserBody(msgspec.Struct, frozen=True):
    """A user's public profile; frames may use either name."""

    id: Id
    username: Annotated[str, Meta(examples=["grace"])]
    created_at: Time


class UserPage(msgspec.Struct, frozen=True):
    """By username. The last one's `username` is the `after` of the next page."""

    users: list[UserBody]


class MessagePage(msgspec.Struct, frozen=True):
    """Oldest first. The first one's `id` is the `before` of the page ahead of it."""

    messages: list[MessageBody]


class SessionBody(msgspec.Struct, frozen=True):
    """A login; `current` marks the one that makes the request."""

    id: Id
    agent: Annotated[str, Meta(examples=["Firefox on Linux"])]
    address: Annotated[str, Meta(examples=["203.0.113.7"])]
    created_at: Time
    last_used_at: Time
    current: bool


class SessionList(msgspec.Struct, frozen=True):
    """Newest first."""

    sessions: list[SessionBody]


class Ended(msgspec.Struct, frozen=True):
    message: Annotated[str, Meta(examples=["Session ended"])]


def user_body(user: User) -> UserBody:
    return UserBody(user.id, user.username, iso(user.created_at))


def session_body(login: Login, current_id: str) -> SessionBody:
    return SessionBody(
        id=login.id,
        agent=login.agent,
        address=login.address,
        created_at=iso(login.created_at),
        last_used_at=iso(login.last_used_at),
        current=login.id == current_id,
    )
