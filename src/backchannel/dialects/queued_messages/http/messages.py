"""`/message`: send without a socket, and read what was said."""

from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.chat.core import Core
from backchannel.dialects.queued_messages import wire
from backchannel.dialects.queued_messages.messages import MessageBody, seen_by
from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.refusals import refusals
from backchannel.dialects.shared.requests import FORMS, InjectedCore, StrictRequest
from backchannel.dialects.shared.standing import Before, Limit
from backchannel.dialects.socketio import history, sending

SenderId = Annotated[
    str,
    QueryParameter(name="senderId", description="A user's id or username", examples=shown("ada")),
]
ReceiverId = Annotated[
    str,
    QueryParameter(
        name="receiverId", description="The other user's id or username", examples=shown("grace")
    ),
]


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
    letter = sending.Letter(
        data.receiver_id, data.content, data.client_id, receiver_field="receiver_id"
    )
    stored = await sending.post(core, request.user, letter)
    return wire.enqueued(stored.message)


@get(
    "/message/messages",
    summary="Read messages, the newest first",
    description="Those of two users, one of whom must be you.",
    responses=refusals(400, 401, 404),
)
async def read_messages_descending(
    request: StrictRequest,
    core: InjectedCore,
    sender_id: SenderId,
    receiver_id: ReceiverId,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> wire.MessageList:
    parties = await history.parties(core, request.user, sender_id, receiver_id)
    return wire.message_list((await _read(core, parties, before, limit))[::-1])


@get(
    "/message",
    summary="Read messages, the oldest first",
    description="Those of two users, one of whom must be you: the newest, in ascending order.",
    responses=refusals(400, 401, 404),
)
async def read_messages_ascending(
    request: StrictRequest,
    core: InjectedCore,
    sender_id: SenderId,
    receiver_id: ReceiverId,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> wire.MessageList:
    parties = await history.parties(core, request.user, sender_id, receiver_id)
    return wire.message_list(await _read(core, parties, before, limit))


async def _read(
    core: Core, parties: history.Parties, before: str | None, limit: int
) -> list[MessageBody]:
    """The newest messages, oldest first. Their status may be newer, never older, than they are."""
    found = await history.between(core, parties, before=before, limit=limit)
    view = await core.storage.conversation(parties.reader_id, parties.conversation_id)
    return [seen_by(parties.reader_id, message, view) for message in found]
