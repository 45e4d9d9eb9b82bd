"""The rows that queries return, and their columns."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, FromClause, case

from backchannel.domain.messages import Message
from backchannel.domain.users import User
from backchannel.storage.sql.schema import account, conversation, message

T = TypeVar("T", bound=msgspec.Struct)
Columns = tuple[ColumnElement[Any], ...]


def project(row: msgspec.Struct, kind: type[T]) -> T:
    """A `kind` made of those fields of `row` that it has."""
    return kind(**{field: getattr(row, field) for field in kind.__struct_fields__})


def _columns(struct: type[msgspec.Struct], **found: ColumnElement[Any]) -> Columns:
    """The columns of a Struct's fields, in their order."""
    return tuple(found[field] for field in struct.__struct_fields__)


USER_COLUMNS = _columns(User, **{column.name: column for column in account.c})

_sent_by_first = message.c.sender == conversation.c.first

MESSAGE_COLUMNS = _columns(
    Message,
    **{column.name: column for column in message.c},
    conversation_id=conversation.c.id,
    sender_id=case((_sent_by_first, conversation.c.first_id), else_=conversation.c.second_id),
    recipient_id=case((_sent_by_first, conversation.c.second_id), else_=conversation.c.first_id),
)
"""The columns of a `Message`, out of `MESSAGES`."""

MESSAGES: FromClause = message.join(conversation, conversation.c.number == message.c.conversation)


CHECKSUMMED_COLUMNS = (*MESSAGE_COLUMNS, message.c.checksum)


ORIGINAL_COLUMNS = (*CHECKSUMMED_COLUMNS, message.c.fingerprint)


class SizedMessage(msgspec.Struct, frozen=True, gc=False):
    """The number of a message, and the bytes of its variable parts."""

    number: int
    size: int
