"""Messages of clients that name senders and ids, and know nothing of deletion."""

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from backchannel.chat import conversations
from backchannel.chat.conversations import PAGE_LIMIT, undeleted
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.domain import access
from backchannel.domain.accounts import EMAIL_LIMIT, normalise_username
from backchannel.domain.errors import NotFound
from backchannel.domain.messages import CLIENT_ID_LIMIT, Message
from backchannel.domain.users import username_key

Limit = Annotated[
    int, QueryParameter(ge=1, le=PAGE_LIMIT, description="The maximum number of items on the page")
]
Before = Annotated[str | None, QueryParameter(description="Only messages before this one (an id)")]


ClientId = Annotated[
    str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT, description="So that it may be repeated")
]


class SenderClaim(msgspec.Struct, kw_only=True, gc=False):
    """The fields in which clients of the documents name the sender of what they send."""

    sender: str | None = None
    sender_id: str | None = None
    sender_id_camel: str | None = msgspec.field(name="senderId", default=None)

    def require_own(self, identity: Identity) -> None:
        """Raise `Forbidden` if a claim names another user than the token."""
        if self.sender is not None:
            _require_own(identity, self.sender, "sender")
        if self.sender_id is not None:
            _require_own(identity, self.sender_id, "sender_id")
        if self.sender_id_camel is not None:
            _require_own(identity, self.sender_id_camel, "senderId")


def _require_own(identity: Identity, claimed: str, field: str) -> None:
    if claimed in (identity.user_id, identity.username):
        return
    is_short = len(claimed) <= EMAIL_LIMIT
    if not is_short or username_key(normalise_username(claimed)) != username_key(identity.username):
        access.require_self(identity.user_id, claimed, field=field)


class _Named(msgspec.Struct):
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


_named_decoder = msgspec.json.Decoder(_Named)


def client_id_of(payload: bytes) -> str | None:
    """The `clientId` of a frame that could not be accepted, if readable."""
    try:
        return _named_decoder.decode(payload).client_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def acknowledged(frame: bytes, client_id: str | None) -> bytes:
    """The frame of a message as its sender gets it: the message is stored."""
    if client_id is None:
        return b'%b,"status":"stored"}' % frame[:-1]
    return b'%b,"status":"stored","clientId":%b}' % (frame[:-1], msgspec.json.encode(client_id))


async def undeleted_messages(
    core: Core, user_id: str, conversation_id: str, *, before: str | None, limit: int
) -> list[Message]:
    """The newest `limit` messages that have not been deleted, oldest first.

    Or those ahead of the message whose id is `before`; fewer than `limit` where they fill a
    page (`domain.messages`). The caller has checked that the conversation is the user's. Raises
    `NotFound` for a `before` that is not in it.
    """
    bound = None if before is None else await _seq_of(core, user_id, conversation_id, before)
    return await undeleted(core, user_id, conversation_id, before=bound, limit=limit)


async def _seq_of(core: Core, user_id: str, conversation_id: str, message_id: str) -> int:
    message = await conversations.message(core, user_id, message_id)
    if message.conversation_id != conversation_id:
        raise NotFound("message not found")
    return message.seq
