"""Ids: UUIDv7 strings (RFC 9562), and conversation ids that follow from their members."""

import hashlib
import re
import uuid
from functools import lru_cache

import uuid_utils

from backchannel.domain.errors import Invalid

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ID_LIMIT = 64
"""Longest id that a client may name, in characters; the server's own have 36."""
RESPONDER_ID = "server"
"""The sender of the server's own messages in sessions. It is not a user and has no log."""


def new_id() -> str:
    """A new UUIDv7: ids made later sort later, to the millisecond."""
    return str(uuid_utils.uuid7())


def is_id(given: str) -> bool:
    """True for the form of id that the server makes, and for the responder's id."""
    return given == RESPONDER_ID or _ID.fullmatch(given) is not None


def check_id(given: str, *, field: str) -> None:
    """Raise `Invalid`, naming `field`, if `given` is too long to be an id."""
    if len(given) > ID_LIMIT:
        raise Invalid(f"{field} must have at most {ID_LIMIT} characters", field=field)


def direct_conversation_id(user_id: str, other_id: str, *, field: str = "user_id") -> str:
    """The id of the conversation of two users, in either order.

    A direct conversation needs no creation step, so two first messages cannot race. Raises
    `Invalid`, naming `field`, if an id is too long.
    """
    return _direct_id(user_id, other_id, field)


@lru_cache(maxsize=16_384)  # people write more than one message to the same person
def _direct_id(user_id: str, other_id: str, field: str) -> str:
    check_id(user_id, field="user_id")
    check_id(other_id, field=field)
    low, high = sorted((user_id, other_id))
    return _derived_id(f"direct:{low}:{high}")


def session_conversation_id(user_id: str, key: str) -> str:
    """The id of a user's session with the responder; `key` is the name its client chose."""
    return _derived_id(f"session:{user_id}:{key}")


def answer_client_id(question_id: str) -> str:
    """The idempotency key of the responder's answer to a message: one question, one answer."""
    return f"answer:{question_id}"


def refresh_token_id(login_id: str, generation: int) -> str:
    """The id of a login's refresh token of a generation."""
    return _derived_id(f"refresh:{login_id}:{generation}")


def _derived_id(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()[:16]
    # Version 8 of RFC 9562, section 5.8: the meaning of the bits is up to the implementation.
    number = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62
    return str(uuid.UUID(int=number))
