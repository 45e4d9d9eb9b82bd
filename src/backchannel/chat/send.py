"""Send a message."""

from backchannel.chat.core import Core
from backchannel.chat.group_commit import Reply, settled
from backchannel.domain import access
from backchannel.domain.ids import RESPONDER_ID, check_id, direct_conversation_id, new_id
from backchannel.domain.messages import Draft, check_body, check_client_id
from backchannel.ports.storage import Stored


def draft(  # noqa: PLR0913 - one for each thing that a message has
    sender_id: str,
    recipient_id: str,
    body: str,
    *,
    conversation_id: str | None = None,
    client_id: str | None = None,
    reply_to: int | None = None,
    files: str = "",
    field: str = "body",
) -> Draft:
    """A message from one user to another, or to the responder in a session.

    A session is named by its `conversation_id`; a direct conversation's follows from its two
    users. Without a `client_id` the message cannot be retried safely. `files` is what
    `attachments.describe` makes of them. `field` is the dialect's word for the body. Raises
    `Invalid`.
    """
    check_body(body, field=field, with_files=bool(files))
    if client_id is None:
        client_id = new_id()
    else:
        check_client_id(client_id)
    access.require_other(sender_id, recipient_id, field="recipient")
    check_id(recipient_id, field="recipient")
    if conversation_id is not None:
        check_id(conversation_id, field="conversation_id")
    return Draft(
        conversation_id=conversation_id or direct_conversation_id(sender_id, recipient_id),
        sender_id=sender_id,
        recipient_id=recipient_id,
        client_id=client_id,
        body=body,
        reply_to=reply_to,
        files=files,
    )


def submit(core: Core, drafted: Draft, reply: Reply) -> None:
    """Store a draft and call `reply` with the outcome: durable, or refused (rule R1).

    What is said to the responder is answered then. Raises `Overloaded` and `Throttled` at once,
    and then `reply` is not called.
    """
    core.writing.spend(drafted.sender_id, drafted.body)
    if drafted.recipient_id == RESPONDER_ID:
        core.responding.submit(drafted, reply)
    else:
        core.sending.submit(drafted, reply)


async def send(core: Core, drafted: Draft) -> Stored:
    """Store a draft durably. Raises whatever `Storage.append` may refuse with."""
    return await settled(lambda reply: submit(core, drafted, reply))
