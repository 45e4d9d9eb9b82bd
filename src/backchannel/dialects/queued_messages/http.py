"""The routes `/auth`, `/user`, `/message` and `/file`: log in, list users, send, upload, read."""

from typing import Annotated, ClassVar, NamedTuple

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter, SkipValidation

from backchannel.chat import accounts, conversations
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.chat.core import Core
from backchannel.dialects.queued_messages import file_messages, wire
from backchannel.dialects.queued_messages.messages import MessageBody, seen_by
from backchannel.dialects.queued_messages.wire import required
from backchannel.dialects.shared.accounts import log_in_user, register_user
from backchannel.dialects.shared.messages import Before, Limit
from backchannel.dialects.socketio import history, sending
from backchannel.http.docs.forms import FormOperation
from backchannel.http.docs.refusals import refusals
from backchannel.http.docs.samples import shown
from backchannel.http.errors import handlers
from backchannel.http.form_files import receive_file
from backchannel.http.requests import (
    BEARER,
    FORMS,
    TO_QUEUE,
    InjectedCore,
    StrictRequest,
    require_login,
)
from backchannel.http.validation import convert


@post(
    "/auth/register",
    summary="Register a user",
    description="Log in afterwards.",
    responses=refusals(400, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def register(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Registration]
) -> wire.Registered:
    user = await register_user(core, request, data)
    return wire.registered(user)


@post(
    "/auth/login",
    summary="Log in",
    description="By `email` or by `username`. Send the token as `Authorization: Bearer TOKEN`.",
    status_code=200,
    responses=refusals(400, 401, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Credentials]
) -> wire.LoggedIn:
    tokens = await log_in_user(
        core, request, data.password, username=data.username, email=data.email
    )
    return wire.logged_in(tokens.access_token, tokens.user)


@get(
    ["/user/users", "/user"],
    summary="List the other users",
    description="By username, without you.",
    responses=refusals(400, 401),
)
async def list_users(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE_LIMIT,
    after: Annotated[str | None, QueryParameter(description="Only usernames past this one")] = None,
) -> wire.UserList:
    me = request.user.user_id
    users = await accounts.list_users(core, after=after, limit=limit)
    others = [user for user in users if user.id != me]
    if len(others) < len(users) == limit:  # only the last page is shorter than `limit`
        others += await accounts.list_users(core, after=users[-1].username, limit=1)
    return wire.user_list(others, me)


class _UploadOperation(FormOperation):
    texts: ClassVar[tuple[str, ...]] = wire.FileMessage.__struct_encode_fields__


@post(
    "/file/upload",
    summary="Upload a file into a message",
    description="A form with the file and either `receiver_id` or `message_id`; with the latter, "
    "the file is a reply to that message. `content` and `client_id` are optional.",
    operation_class=_UploadOperation,
    request_max_body_size=None,
    responses=refusals(400, 401, 403, 404, 409, 411, 413, 415, 429, 503),
)
async def upload_file(request: StrictRequest, core: InjectedCore) -> wire.FileEnqueued:
    record, fields = await receive_file(request, core, known=_UploadOperation.texts)
    wanted = convert(fields, wire.FileMessage)
    outgoing = await file_messages.with_file(core, request.user, wanted, record)
    outcome = await sending.enqueue_message(core, request.user, outgoing)
    return wire.file_enqueued(outcome, outgoing.files)


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
    description="Answered once the message is on disk, in the database or in the queue before "
    "it. In the latter case only `client_id` is known: the message comes as `receiveMessage`.",
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 429, 503),
    opt={**FORMS, **TO_QUEUE},
)
async def send_message(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Sending]
) -> wire.Enqueued:
    data.require_own(request.user)
    outgoing = sending.OutgoingMessage(
        data.receiver, data.content, data.key, receiver_field="receiver_id"
    )
    return wire.enqueued(await sending.enqueue_message(core, request.user, outgoing))


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
    pair = await history.user_pair(core, request.user, users.sender, users.receiver)
    return wire.message_list((await _read(core, pair, before, limit))[::-1])


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
    pair = await history.user_pair(core, request.user, users.sender, users.receiver)
    return wire.message_list(await _read(core, pair, before, limit))


async def _read(
    core: Core, pair: history.UserPair, before: str | None, limit: int
) -> list[MessageBody]:
    """The newest messages, oldest first. Their status may be newer, never older, than they are."""
    found = await history.between(core, pair, before=before, limit=limit)
    view = await conversations.find_conversation(core, pair.reader_id, pair.conversation_id)
    return [seen_by(pair.reader_id, message, view) for message in found]


PREFIXES = ("/auth/", "/user/", "/message/", "/file/")
"""The paths whose errors use this dialect's envelope."""


TAGS = {"Queued messages": "For Socket.IO clients that emit `sendMessage` and `uploadFile`."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """All routes; only registration and login work without a login."""
    authenticated = Router(
        "/",
        route_handlers=[
            list_users,
            send_message,
            read_messages_descending,
            read_messages_ascending,
            upload_file,
        ],
        guards=[require_login],
        security=[BEARER],
    )
    return Router(
        "/",
        route_handlers=[register, login, authenticated],
        tags=list(TAGS),
        exception_handlers=handlers(wire.render),
    )
