"""The tables.

Ids are long texts that would make every row that refers to them larger, so inside the database a
user is `account.number` and a conversation `conversation.number`. The tables that take a row per
message are clustered by the key they are read by. There are no foreign keys: rows are only ever
added through statements that have just read their parents in the same transaction, and checking
each again costs a lookup per row.
"""

from backchannel.storage.sql.schema.accounts import (
    account,
    block,
    erasure,
    invitation,
    login,
    report,
)
from backchannel.storage.sql.schema.conversations import (
    conversation,
    log,
    log_head,
    member,
    message,
    question,
)
from backchannel.storage.sql.schema.database import instance, metadata
from backchannel.storage.sql.schema.files import attachment, file, upload

__all__ = [
    "account",
    "attachment",
    "block",
    "conversation",
    "erasure",
    "file",
    "instance",
    "invitation",
    "log",
    "log_head",
    "login",
    "member",
    "message",
    "metadata",
    "question",
    "report",
    "upload",
]
