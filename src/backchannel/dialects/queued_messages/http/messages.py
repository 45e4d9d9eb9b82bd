"""`/message`: send without a socket, and read what was said."""

from typing import Annotated, NamedTuple

from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter, SkipValidation

from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.chat.core import Core
from backchannel.dialects.queued_messages import wire
from backchannel.dialects.queued_messages.messages import MessageBody, seen_by
from backchannel.dialects.queued_messages.spellings import required
from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.refusals import refusals
from backchannel.dialects.shared.requests import FORMS, InjectedCore, StrictRequest
from backchannel.dialects.shared.standing import Before, Limit
from backchannel.dialects.socketio import history, sending


class TwoUsers(NamedTuple):
    """The two users whose messages to read, each by id or username."""

    sender: str
    receiver: str


def _name(name: str, description: str, *, example: str) -> QueryParameter:
    return QueryParameter(name=name, description=description, examples=shown(example))


async def two_users(
    sender_id: Annotated[
        str | None, _name("sender_id", "A user's id or username", example="ada")
    ] = None,
    receiver_id: Annotated[
        str | None, _name("receiver_id", "The other user's id or username", example="grace")
    ] = None,
    sender_id_camel: Annotated[
        str | None, _name("senderId", "The same as `sender_id`", example="ada")
    ] = None,
    receiver_id_camel: Annotated[
        str | None, _name("receiverId", "The same as `receiver_id`", example="grace")
    ] = None,
) -> TwoUsers:
    """The two users that a query names, in either spelling. Raises `Invalid`."""
    snake = sender_id is not None or receiver_id is not None
    names = ("sender_id", "receiver_id") if snake else ("senderId", "receiverId")
    return TwoUsers(
        required(sender_id, sender_id_camel, names[0]),
        required(receiver_id, receiver_id_camel, names[1]),
    )


Users = NamedDependency[SkipValidation[TwoUsers]]
READING = {"users": Provide(two_users)}


@post(
    "/message/send",
    summary="Send a message",
    description="Answered once the message is on disk.",
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 429, 503),
    opt=FORMS,
)
async def send_message(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Sending]
) -> wire.Enqueued:
    data.require_own(request.user)
    letter = sending.Letter(data.receiver, data.content, data.key, receiver_field="receiver_id")
    stored = await sending.post(core, request.user, letter)
    return wire.enqueued(stored.message)


@get(
    "/message/messages",
    summary="Read messages, the newest first",
    description="Those of two users, one of whom must be you.",
    dependencies=READING,
    responses=refusals(400, 401, 404),
)
async def read_messages_descending(
    request: StrictRequest,
    core: InjectedCore,
    users: Users,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> wire.MessageList:
    parties = await history.parties(core, request.user, users.sender, users.receiver)
    return wire.message_list((await _read(core, parties, before, limit))[::-1])


@get(
    "/message",
    summary="Read messages, the oldest first",
    description="Those of two users, one of whom must be you: the newest, in ascending order.",
    dependencies=READING,
    responses=refusals(400, 401, 404),
)
async def read_messages_ascending(
    request: StrictRequest,
    core: InjectedCore,
    users: Users,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> wire.MessageList:
    parties = await history.parties(core, request.user, users.sender, users.receiver)
    return wire.message_list(await _read(core, parties, before, limit))


async def _read(
    core: Core, parties: history.Parties, before: str | None, limit: int
) -> list[MessageBody]:
    """The newest messages, oldest first. Their status may be newer, never older, than they are."""
    found = await history.between(core, parties, before=before, limit=limit)
    view = await core.storage.conversation(parties.reader_id, parties.conversation_id)
    return [seen_by(parties.reader_id, message, view) for message in found]
