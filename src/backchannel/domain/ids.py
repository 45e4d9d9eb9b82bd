"""Ids: UUIDv7 strings (RFC 9562), and conversation ids that follow from their members."""

import hashlib
import uuid
from functools import lru_cache

import uuid_utils

RESPONDER_ID = "server"
"""The sender of the server's own messages in sessions. It is no user and has no log."""


def new_id() -> str:
    """A new UUIDv7: ids made later sort later, to the millisecond."""
    return str(uuid_utils.uuid7())


@lru_cache(maxsize=65_536)  # people write more than one message to the same person
def direct_conversation_id(user_id: str, other_id: str) -> str:
    """The id of the conversation of two users, the same whoever asks.

    A direct conversation needs no creation step, so two first messages cannot race.
    """
    low, high = sorted((user_id, other_id))
    return _derived_id(f"direct:{low}:{high}")


def session_conversation_id(user_id: str, key: str) -> str:
    """The id of a user's session with the responder; `key` is the name its client chose."""
    return _derived_id(f"session:{user_id}:{key}")


def answer_client_id(question_id: str) -> str:
    """The idempotency key of the responder's answer to a message: one question, one answer."""
    return f"answer:{question_id}"


def refresh_token_id(login_id: str, generation: int) -> str:
    """The id of a login's refresh token of that generation."""
    return _derived_id(f"refresh:{login_id}:{generation}")


def _derived_id(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()[:16]
    # Version 8 of RFC 9562, section 5.8: the bits mean what their maker says.
    number = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62
    return str(uuid.UUID(int=number))
