"""Messages: send one, edit it, delete it, react to it."""

from backchannel.chat.core import Core
from backchannel.chat.group_commit import Reply, settled
from backchannel.chat.queued_sending import Accepted
from backchannel.domain import access, revisions
from backchannel.domain.events import EventKind
from backchannel.domain.ids import RESPONDER_ID, check_id, direct_conversation_id, new_id
from backchannel.domain.messages import Draft, Message, check_body, check_client_id
from backchannel.domain.revisions import Revise
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
    recipient_field: str = "recipient",
) -> Draft:
    """A message from one user to another, or to the responder in a session.

    A session is named by its `conversation_id`; a direct conversation's follows from its two users.
    Without a `client_id` the message cannot be retried safely. `files` is the result of
    `attachments.describe`. `field` and `recipient_field` are the dialect's names for the body and
    the recipient. Raises `Invalid`.
    """
    check_body(body, field=field, with_files=bool(files))
    if client_id is None:
        client_id = new_id()
    else:
        check_client_id(client_id)
    access.require_other(sender_id, recipient_id, field=recipient_field)
    if not conversation_id:
        conversation_id = direct_conversation_id(sender_id, recipient_id, field=recipient_field)
    else:
        check_id(recipient_id, field=recipient_field)
        check_id(conversation_id, field="conversation_id")
    return Draft(
        conversation_id,
        sender_id,
        recipient_id,
        client_id,
        body,
        reply_to=reply_to,
        files=files,
    )


def submit(core: Core, drafted: Draft, reply: Reply) -> None:
    """Store a draft and call `reply` with the outcome: durable, or refused (rule R1).

    The responder then answers a message to it. Raises `Overloaded` and `Throttled` at once,
    and then `reply` is not called.
    """
    core.write_limits.spend(drafted.sender_id, drafted.body)
    if drafted.recipient_id == RESPONDER_ID:
        core.answers.submit(drafted, reply)
    else:
        core.sending.submit(drafted, reply)


async def send(core: Core, drafted: Draft) -> Stored:
    """Store a draft durably. Raises the errors of `Storage.append`."""
    return await settled(lambda reply: submit(core, drafted, reply))


def has_queue(core: Core) -> bool:
    """True if there is a queue in front of the database."""
    return core.queued is not None


async def enqueue(core: Core, drafted: Draft) -> Stored | Accepted:
    """Send through the queue in front of the database, if there is one, else like `send`.

    Raises the errors of `send`, and `Unavailable` if the queue cannot be reached.
    """
    if core.queued is None:
        return await send(core, drafted)
    core.write_limits.spend(drafted.sender_id, drafted.body)
    return await core.queued.send(drafted)


async def edit(core: Core, user_id: str, conversation_id: str, seq: int, body: str) -> Message:
    """Replace the body of a message of the user; it may be empty if there are files.

    Raises `Invalid`, `NotFound` (non-members too), `Forbidden` (another's message, or one of
    the two has blocked the other) and `Conflict` (it has been deleted).
    """
    revise = revisions.edit(user_id, body, at=core.clock.now())
    return await _change(core, user_id, conversation_id, seq, EventKind.EDIT, revise)


async def delete(core: Core, user_id: str, conversation_id: str, seq: int) -> Message:
    """Leave a tombstone where a message of this user's was; deleting twice changes nothing.

    Raises `NotFound` and `Forbidden`.
    """
    revise = revisions.delete(user_id, at=core.clock.now())
    return await _change(core, user_id, conversation_id, seq, EventKind.DELETE, revise)


async def react(
    core: Core, user_id: str, conversation_id: str, seq: int, emoji: str, *, active: bool = True
) -> Message:
    """Add a user's reaction to a message, or remove it.

    Raises `Invalid` (no emoji, too many different ones), `NotFound`, `Blocked` and `Conflict`
    (deleted), and `Throttled`, like `edit` and `delete`.
    """
    revise = revisions.react(user_id, emoji, active=active)
    return await _change(core, user_id, conversation_id, seq, EventKind.REACTION, revise)


async def _change(
    core: Core,
    user_id: str,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Revise,
) -> Message:
    core.write_limits.spend(user_id)
    changed = await core.storage.change(conversation_id, seq, kind, revise)
    core.write_limits.charge(user_id, changed.events, changed.message)
    core.publisher.publish(changed.events)
    return changed.message
