"""Messages: the drafts of senders, and stored messages."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from backchannel.domain.characters import is_text
from backchannel.domain.errors import Invalid

BODY_LIMIT = 65_536
"""Longest message body, in bytes of UTF-8."""
CLIENT_ID_LIMIT = 128
"""Longest idempotency key, in characters."""


class MessageKind(StrEnum):
    TEXT = "text"
    FAILURE = "failure"
    """The kind of a message that replaces the responder's answer and says that there is none."""
    STOPPED = "stopped"
    """The kind of a message that replaces an answer that the user stopped before its first word."""
    CUT = "cut"
    """The kind of an incomplete answer of the responder; its last line says that it was cut off."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A message on its way to storage; its sender has been authenticated.

    In a session one of the two members is `ids.RESPONDER_ID`. `files` is JSON text made by
    `domain.files.attach`, or empty.
    """

    conversation_id: str
    sender_id: str
    recipient_id: str
    client_id: str
    body: str
    kind: str = MessageKind.TEXT.value  # a plain string: database drivers handle it faster
    reply_to: int | None = None
    files: str = ""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A stored message. A deleted one keeps its place with an empty body, so `seq` has no gaps.

    `revision` counts the changes (edit, delete, reaction), so the higher one is the newer.
    `reactions` is JSON text, emoji to user ids, or empty; `files` is that of its draft, or empty
    once deleted. Times are milliseconds since 1970.
    """

    conversation_id: str
    seq: int
    id: str
    sender_id: str
    recipient_id: str
    client_id: str
    kind: str
    body: str
    created_at: int
    reply_to: int | None = None
    revision: int = 0
    edited_at: int | None = None
    deleted_at: int | None = None
    reactions: str = ""
    files: str = ""


def fingerprint(
    conversation_id: str, kind: str, reply_to: int | None, body: str, files: str = ""
) -> str:
    """A digest that a retried message must match, even after the body was changed (rule R2)."""
    parts = [conversation_id, kind, str(reply_to), body]
    content = "\0".join([*parts, files] if files else parts)
    return hashlib.sha256(content.encode()).hexdigest()


def check_body(body: str, *, field: str = "body", with_files: bool = False) -> None:
    """Raise `Invalid`, naming `field` as its dialect does, unless `body` may be sent.

    It may be empty if the message has files.
    """
    if (not body or body.isspace()) and not with_files:
        raise Invalid(f"{field} must not be empty", field=field)
    if not is_text(body):
        raise Invalid(f"{field} must be Unicode text without NUL characters", field=field)
    # A character takes at most four bytes, so short texts need no encoding to be measured.
    if len(body) * 4 > BODY_LIMIT and len(body.encode("utf-8", "replace")) > BODY_LIMIT:
        raise Invalid(f"{field} is longer than {BODY_LIMIT:,} bytes; split it", field=field)


def check_client_id(client_id: str) -> None:
    """Raise `Invalid` unless `client_id` can be an idempotency key."""
    if not 1 <= len(client_id) <= CLIENT_ID_LIMIT:
        raise Invalid(f"client_id must have 1 to {CLIENT_ID_LIMIT} characters", field="client_id")


PAGE_BYTES = 3 << 18
"""Bytes of messages after which a page ends (R13): it may have one message more than fits. The loop
writes such a page in less than 5 ms."""


_ESCAPED = bytes(each for each in range(0x20) if each not in b"\t\n\r")
_ESCAPE = 5
"""Bytes that JSON adds to a control character: they take long to write, too."""


def size_of(message: Message) -> int:
    """The bytes of JSON that the variable parts of a message add to a page."""
    body = message.body.encode()
    escaped = len(body) - len(body.translate(None, _ESCAPED))
    return len(body) + _ESCAPE * escaped + len(message.files) + len(message.reactions)


def is_full(messages: Iterable[Message]) -> bool:
    """True if these messages fill a page."""
    return sum(map(size_of, messages)) >= PAGE_BYTES


def fitting(messages: list[Message]) -> list[Message]:
    """The first of these messages, up to the one that fills a page."""
    room = PAGE_BYTES
    for count, message in enumerate(messages, start=1):
        room -= size_of(message)
        if room <= 0:
            return messages[:count]
    return messages
