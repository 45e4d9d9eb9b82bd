"""Messages: send, edit, delete, react."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from backchannel.chat import attachments, conversations, messages
from backchannel.chat.core import Core
from backchannel.dialects.native.bodies import MaybeTime, MessageBody
from backchannel.dialects.native.http.parameters import ConversationId, Number, PathSeq, Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import message_body
from backchannel.domain import access
from backchannel.domain.errors import Invalid
from backchannel.domain.times import iso_or_none
from backchannel.http.docs.samples import shown
from backchannel.http.requests import InjectedCore, StrictRequest

MESSAGE = "/conversations/{conversation_id:str}/messages/{seq:str}"
REACTION = MESSAGE + "/reactions/{emoji:str}"

Emoji = Annotated[
    str, PathParameter(description="The emoji itself, percent-encoded", examples=shown("👍"))
]
Body = Annotated[str, Meta(description="At most 65,536 bytes", examples=["Lunch at noon?"])]


class NewMessage(Strict, frozen=True):
    """A message to a user (`to`) or to a conversation: pass one of the two.

    With `files` the body may be empty.
    A message with a `client_id` can be sent again when its answer was lost: it is stored once.
    """

    body: Body
    to: Annotated[str, Meta(description="A user's id or username", examples=["grace"])] | None = (
        None
    )
    conversation_id: str | None = None
    client_id: (
        Annotated[str, Meta(description="1 to 128 characters", examples=["k7f2-0001"])] | None
    ) = None
    reply_to: (
        Annotated[Number, Meta(description="The `seq` of the message that this one replies to")]
        | None
    ) = None
    files: Annotated[
        tuple[str, ...], Meta(description="The ids of at most 10 files that you have uploaded")
    ] = ()


class ReceiptTimesBody(msgspec.Struct, frozen=True):
    """The times at which the other user's devices had a message, and at which it was read.

    Null if it has not happened, if the receipt is hidden, or if the time is no longer known.
    """

    delivered_at: MaybeTime
    read_at: MaybeTime


class NewBody(Strict, frozen=True):
    """The new text of a message."""

    body: Body


@post(
    "/messages",
    summary="Send a message",
    description="Answered once the message is durable. A repeated `client_id` gets the original "
    "message and 200.",
    responses={
        200: ResponseSpec(MessageBody, generate_examples=False, description="Sent before"),
        **problems(401, 403, 404, 409, 429, body=True),
    },
)
async def send_message(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewMessage]
) -> Response[MessageBody]:
    user_id = request.user.user_id
    drafted = messages.draft(
        user_id,
        await _recipient(core, user_id, data),
        data.body,
        conversation_id=data.conversation_id,
        client_id=data.client_id,
        reply_to=data.reply_to,
        files=await attachments.describe(core, user_id, data.files),
    )
    stored = await messages.send(core, drafted)
    body = message_body(stored.message, user_id)
    return Response(body, status_code=200 if stored.repeated else 201)


@patch(
    MESSAGE,
    summary="Edit a message",
    description="Only the sender can edit a message. It keeps its `seq`, and its `revision` grows.",
    responses=problems(401, 403, 404, 409, body=True),
)
async def edit_message(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    seq: PathSeq,
    data: JSONBody[NewBody],
) -> MessageBody:
    user_id = request.user.user_id
    message = await messages.edit(core, user_id, conversation_id, seq, data.body)
    return message_body(message, user_id)


@delete(
    MESSAGE,
    summary="Delete a message",
    description="Only the sender can delete a message. It keeps its `seq`, with an empty body and "
    "`deleted_at`. Deleting it again changes nothing.",
    status_code=200,
    responses=problems(401, 403, 404),
)
async def delete_message(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId, seq: PathSeq
) -> MessageBody:
    user_id = request.user.user_id
    return message_body(await messages.delete(core, user_id, conversation_id, seq), user_id)


@get(
    MESSAGE + "/receipt",
    summary="Get the times of delivery and reading",
    description="Only of a message that you have sent and not deleted. Known for about as long as "
    "your log keeps the receipts: 90 days, or 100,000 events.",
    responses=problems(401, 403, 404, 429),
)
async def get_receipt_times(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId, seq: PathSeq
) -> ReceiptTimesBody:
    user_id = request.user.user_id
    times = await conversations.receipt_times(core, user_id, conversation_id, seq)
    return ReceiptTimesBody(iso_or_none(times.delivered_at), iso_or_none(times.read_at))


@put(
    REACTION,
    summary="React to a message",
    description="Each user can react with several emoji, once with each.",
    responses=problems(401, 403, 404, 409),
)
async def add_reaction(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    seq: PathSeq,
    emoji: Emoji,
) -> MessageBody:
    user_id = request.user.user_id
    message = await messages.react(core, user_id, conversation_id, seq, emoji)
    return message_body(message, user_id)


@delete(
    REACTION,
    summary="Remove a reaction",
    description="You can remove only your own. Removing a missing one changes nothing.",
    status_code=200,
    responses=problems(401, 403, 404, 409),
)
async def remove_reaction(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    seq: PathSeq,
    emoji: Emoji,
) -> MessageBody:
    user_id = request.user.user_id
    message = await messages.react(core, user_id, conversation_id, seq, emoji, active=False)
    return message_body(message, user_id)


async def _recipient(core: Core, user_id: str, message: NewMessage) -> str:
    if message.to is not None and message.conversation_id is None:
        recipient_id = await core.directory.find_id(message.to, field="to")
        access.require_other(user_id, recipient_id, field="to")
        return recipient_id
    if message.to is not None or message.conversation_id is None:
        raise Invalid("give either to or conversation_id", field="to")
    return await core.directory.find_peer(user_id, message.conversation_id)


HANDLERS = [
    send_message,
    edit_message,
    delete_message,
    get_receipt_times,
    add_reaction,
    remove_reaction,
]
