"""A message from one user to another, as these dialects' events and routes ask for it."""

from collections.abc import Callable

import msgspec

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.chat.send import draft, send
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.socketio.dialect import Client, Emitted
from backchannel.domain import access
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored


class Letter(msgspec.Struct, frozen=True):
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
    client: Client, emitted: Emitted, letter: Letter, stored: Callable[[Stored], object]
) -> Work | None:
    """Send what an event asks for: at once, if its receiver is known. May raise `ChatError`."""
    receiver_id = client.desk.core.directory.known_id(letter.receiver)
    if receiver_id is None:
        return _submit_after_lookup(client, emitted, letter, stored)
    client.submit(_draft(client.identity, receiver_id, letter), emitted, stored)
    return None


async def post(core: Core, identity: Identity, letter: Letter) -> Stored:
    """Send what a request asks for; returns once it is durable (R1). Raises `ChatError`."""
    receiver_id = await core.directory.find_id(letter.receiver, field=letter.receiver_field)
    return await send(core, _draft(identity, receiver_id, letter))


async def _submit_after_lookup(
    client: Client, emitted: Emitted, letter: Letter, stored: Callable[[Stored], object]
) -> None:
    find_id = client.desk.core.directory.find_id
    receiver_id = await find_id(letter.receiver, field=letter.receiver_field)
    client.submit(_draft(client.identity, receiver_id, letter), emitted, stored)


def _draft(identity: Identity, receiver_id: str, letter: Letter) -> Draft:
    access.require_other(identity.user_id, receiver_id, field=letter.receiver_field)
    return draft(
        identity.user_id,
        receiver_id,
        letter.content,
        client_id=letter.client_id,
        reply_to=letter.reply_to,
        files=letter.files,
        field="content",
    )
