"""Message requests: list them, accept and decline them."""

from typing import Annotated

from litestar import get, post
from litestar.params import QueryParameter

from backchannel.chat import conversations as chat
from backchannel.chat.conversations import PAGE
from backchannel.dialects.native.http.conversations import ConversationList, conversation_list
from backchannel.dialects.native.http.parameters import ConversationId, Cursor, Limit
from backchannel.dialects.native.http.problems import problems
from backchannel.domain.conversations import RequestState
from backchannel.http.requests import InjectedCore, StrictRequest


@get(
    "/requests",
    summary="List the message requests to you",
    description="If your privacy setting `first_messages` is `requests`, the first messages of "
    "users to whom you have not written are message requests. They are listed in the form of "
    "conversations, the newest activity first; `GET /v1/conversations` does not list them. Read "
    "their messages like those of a conversation: the sender is not notified.",
    responses=problems(401),
)
async def list_requests(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE,
    cursor: Cursor = None,
    *,
    declined: Annotated[
        bool, QueryParameter(description="List those that you have declined instead")
    ] = False,
) -> ConversationList:
    state = RequestState.DECLINED if declined else RequestState.PENDING
    user_id = request.user.user_id
    return await conversation_list(core, user_id, state=state, limit=limit, cursor=cursor)


@post(
    "/requests/{conversation_id:str}/accept",
    summary="Accept a message request",
    description="Its messages are entered into your log, and from then on it is a conversation "
    "like any other. Writing to the sender accepts it as well, even after you have declined it. "
    "Your other devices get a `conversation` event whose `change` is `accepted`. Accepting a "
    "conversation that is not a request to you changes nothing.",
    status_code=204,
    responses=problems(401, 403, 404, 429),
)
async def accept_request(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId
) -> None:
    await chat.answer_request(core, request.user.user_id, conversation_id, accepted=True)


@post(
    "/requests/{conversation_id:str}/decline",
    summary="Decline a message request",
    description="The sender does not learn of it, and further messages do not reach you. Your "
    "other devices get a `conversation` event whose `change` is `declined`. Blocking the sender "
    "(`PUT /v1/blocks/{user}`) declines the request as well. Declining a conversation that is not "
    "a request to you changes nothing.",
    status_code=204,
    responses=problems(401, 404, 429),
)
async def decline_request(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId
) -> None:
    await chat.answer_request(core, request.user.user_id, conversation_id, accepted=False)


HANDLERS = [list_requests, accept_request, decline_request]
