"""A message from one user to another, as these dialects' events and routes ask for it."""

from collections.abc import Callable

import msgspec

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.chat.messages import draft, enqueue, has_queue, send
from backchannel.chat.queued_sending import Accepted
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.socketio.dialect import Client, ClientEvent
from backchannel.domain.errors import Unavailable
from backchannel.domain.ids import is_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage.values import Stored


class OutgoingMessage(msgspec.Struct, frozen=True):
    """A message to send to a user (id or username); errors use the dialect's `receiver_field`.

    `files` is what `chat.attachments.describe` makes of them.
    """

    receiver: str
    content: str
    client_id: str | None = None
    files: str = ""
    reply_to: int | None = None
    receiver_field: str = "receiver"


def submit(
    client: Client,
    event: ClientEvent,
    outgoing: OutgoingMessage,
    stored: Callable[[Stored], object],
) -> Work | None:
    """Send the message of an event: at once, if its receiver is known. May raise `ChatError`."""
    receiver_id = client.connections.core.directory.known_id(outgoing.receiver)
    if receiver_id is None:
        return _submit_after_lookup(client, event, outgoing, stored)
    client.submit(_draft(client.identity, receiver_id, outgoing), event, stored)
    return None


async def send_message(core: Core, identity: Identity, outgoing: OutgoingMessage) -> Stored:
    """Send the message of a request; returns once it is durable (R1). Raises `ChatError`."""
    receiver_id = await core.directory.find_id(outgoing.receiver, field=outgoing.receiver_field)
    return await send(core, _draft(identity, receiver_id, outgoing))


async def enqueue_message(
    core: Core, identity: Identity, outgoing: OutgoingMessage
) -> Stored | Accepted:
    """Like `send_message`, through the queue in front of the database if there is one."""
    find_id, field = core.directory.find_id, outgoing.receiver_field
    try:
        receiver_id = await find_id(outgoing.receiver, field=field)
    except Unavailable:
        # An unknown user is noticed when the message is stored.
        if not has_queue(core) or not is_id(outgoing.receiver):
            raise
        receiver_id = outgoing.receiver
    return await enqueue(core, _draft(identity, receiver_id, outgoing))


async def _submit_after_lookup(
    client: Client,
    event: ClientEvent,
    outgoing: OutgoingMessage,
    stored: Callable[[Stored], object],
) -> None:
    find_id = client.connections.core.directory.find_id
    receiver_id = await find_id(outgoing.receiver, field=outgoing.receiver_field)
    client.submit(_draft(client.identity, receiver_id, outgoing), event, stored)


def _draft(identity: Identity, receiver_id: str, outgoing: OutgoingMessage) -> Draft:
    return draft(
        identity.user_id,
        receiver_id,
        outgoing.content,
        client_id=outgoing.client_id,
        reply_to=outgoing.reply_to,
        files=outgoing.files,
        field="content",
        recipient_field=outgoing.receiver_field,
    )
