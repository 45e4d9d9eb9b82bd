"""Permission checks: one function per permission, and the only place that decides."""

from backchannel.domain.errors import Forbidden, Invalid, NotFound
from backchannel.domain.messages import Message


def require_self(user_id: str, claimed_id: str | None, *, field: str) -> None:
    """Raise `Forbidden` if a client claims another identity than its own (S12)."""
    if claimed_id is not None and claimed_id != user_id:
        raise Forbidden(f"{field} must be your own user", field=field)


def require_other(
    user_id: str, other_id: str, *, field: str, doing: str = "send a message to"
) -> None:
    """Raise `Invalid` if the two users are the same."""
    if other_id == user_id:
        raise Invalid(f"{field}: you cannot {doing} yourself", field=field)


def require_member(user_id: str, message: Message | None) -> Message:
    """Raise `NotFound` unless the user is a member; only the two members may know of it (S11)."""
    if message is None or user_id not in {message.sender_id, message.recipient_id}:
        raise NotFound("message not found")
    return message


def require_author(user_id: str, message: Message | None) -> Message:
    """Raise unless `user_id` is the sender of `message`; only the sender may change it."""
    return _require_sender(user_id, message, "only its sender may change a message")


def require_receipts(user_id: str, message: Message | None) -> Message:
    """Raise unless `user_id` is the sender of `message`, and it is not deleted.

    Only the sender is told of receipts.
    """
    refusal = "only its sender is told when a message was delivered and read"
    found = _require_sender(user_id, message, refusal)
    if found.deleted_at is not None:
        raise NotFound("the message has been deleted")
    return found


def _require_sender(user_id: str, message: Message | None, refusal: str) -> Message:
    found = require_member(user_id, message)
    if found.sender_id != user_id:
        raise Forbidden(refusal)
    return found
