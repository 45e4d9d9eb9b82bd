"""Reports: a user's complaints to the operator about another user."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from backchannel.domain.characters import is_text
from backchannel.domain.errors import Invalid
from backchannel.domain.files import attachments_of
from backchannel.domain.messages import Message

COMMENT_LIMIT = 1_000
"""Characters of a comment."""
MESSAGES_LIMIT = 20
"""Most messages that one report names."""
TEXT_LIMIT = 4_000
"""Characters that are copied of each message."""
OPEN_LIMIT = 100
"""Most reports of one user that are not closed."""
KEPT = 90 * 86_400_000
"""Milliseconds for which a closed report is kept."""


class ReportReason(StrEnum):
    SPAM = "spam"
    HARASSMENT = "harassment"
    THREAT = "threat"
    ILLEGAL = "illegal"
    OTHER = "other"


class ReportedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was when it was reported."""

    id: str
    seq: int
    created_at: int
    body: str
    files: tuple[str, ...] = ()
    """The names of its files."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report by `reporter_id` about `user_id`. Times are milliseconds since 1970, UTC.

    `messages` is the JSON text of a list of `ReportedMessage`. Once the operator has closed the
    report, `note` is what they have written about it.
    """

    id: str
    reporter_id: str
    user_id: str
    reason: str
    comment: str
    messages: str
    created_at: int
    closed_at: int | None = None
    note: str = ""


def copied(messages: Iterable[Message]) -> str:
    """The copies of messages, for a report. Deleted messages have no text."""
    copies = [
        ReportedMessage(
            id=each.id,
            seq=each.seq,
            created_at=each.created_at,
            body=each.body[:TEXT_LIMIT],
            files=tuple(file.name for file in attachments_of(each)),
        )
        for each in messages
    ]
    return msgspec.json.encode(copies).decode()


_copies = msgspec.json.Decoder(list[ReportedMessage])


def messages_of(report: Report) -> list[ReportedMessage]:
    """The copied messages of a report."""
    return _copies.decode(report.messages)


def check_comment(comment: str, *, field: str) -> None:
    """Raises `Invalid` for a comment that is too long or no text."""
    if len(comment) > COMMENT_LIMIT:
        raise Invalid(f"{field} must have at most {COMMENT_LIMIT} characters", field=field)
    if not is_text(comment):
        raise Invalid(f"{field} must be Unicode without NUL characters", field=field)
