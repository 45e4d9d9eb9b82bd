"""The part of the storage port that copies all records from one database to another."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from backchannel.domain.accounts import Invitation
from backchannel.domain.files import FileRecord, Upload
from backchannel.domain.messages import Message
from backchannel.domain.reports import Report
from backchannel.domain.users import Login, User

Key: TypeAlias = tuple[str | int, ...]
"""The values of the fields that identify a record among those of its kind."""


class UserRecord(User, frozen=True, kw_only=True):
    """A user with everything that is known of them, and the head of their log.

    A round in which peers are told of a changed profile starts again in the other database.
    """

    username_key: str
    look_alike_key: str | None
    email_key: str | None
    search_key: str
    password_hash: str
    profile_changed_at: int | None
    profile_told_at: int | None
    profile_due_at: int | None
    last_seen_audience: str
    receipts_audience: str
    typing_audience: str
    first_messages: str
    requests_whole_at: int | None
    position: int
    floor: int
    delivered_position: int
    epoch: str


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a block list."""

    user_id: str
    other_id: str
    created_at: int


class ErasureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure that is complete. `erased` is the JSON text of its counts."""

    id: str
    user_id: str
    requested_at: int
    begun_at: int | None
    completed_at: int | None
    erased: str
    signature: str | None


class ConversationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation. The two members are in the order of their ids."""

    id: str
    kind: str
    first_id: str
    second_id: str
    last_seq: int
    first_count: int
    second_count: int
    created_at: int
    updated_at: int
    key: str | None
    name: str | None
    deleted_at: int | None
    asked_id: str | None
    declined_at: int | None


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A member's marks. `settings` is JSON text, empty without settings."""

    user_id: str
    conversation_id: str
    delivered_seq: int
    read_seq: int
    told_delivered_seq: int
    told_read_seq: int
    read_count: int
    settings: str


class MessageRecord(Message, frozen=True, gc=False):
    """A message, with its checksum and the fingerprint of its first content."""

    checksum: int | None = None
    fingerprint: str | None = None


class QuestionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message to the responder that has no answer yet."""

    message_id: str
    conversation_id: str
    seq: int


class EntryRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of a user's log: the place of its message, or its content as JSON text.

    `own` is true for a new message in its sender's log.
    """

    user_id: str
    position: int
    kind: str
    own: bool
    conversation_id: str | None
    seq: int | None
    data: str | None
    at: int


class StoredFile(FileRecord, frozen=True, kw_only=True):
    """A file, also one that was given up."""

    condemned_at: int | None = None


class AttachmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message that names a file."""

    file_id: str
    conversation_id: str
    seq: int


Record: TypeAlias = msgspec.Struct
R = TypeVar("R", bound=msgspec.Struct)

KINDS: dict[str, type[Record]] = {
    "users": UserRecord,
    "logins": Login,
    "invitations": Invitation,
    "blocks": BlockRecord,
    "reports": Report,
    "erasures": ErasureRecord,
    "conversations": ConversationRecord,
    "members": MemberRecord,
    "messages": MessageRecord,
    "questions": QuestionRecord,
    "log entries": EntryRecord,
    "uploads": Upload,
    "files": StoredFile,
    "attachments": AttachmentRecord,
}
"""The kinds of records by their names, each after those that it refers to."""

KEYS: dict[type[Record], tuple[str, ...]] = {
    UserRecord: ("id",),
    Login: ("id",),
    Invitation: ("code",),
    BlockRecord: ("user_id", "other_id"),
    Report: ("id",),
    ErasureRecord: ("id",),
    ConversationRecord: ("id",),
    MemberRecord: ("user_id", "conversation_id"),
    MessageRecord: ("id",),
    QuestionRecord: ("conversation_id", "seq"),
    EntryRecord: ("user_id", "position"),
    Upload: ("id",),
    StoredFile: ("id",),
    AttachmentRecord: ("file_id", "conversation_id", "seq"),
}
"""The fields of their keys."""


def key_of(record: Record) -> Key:
    """The key of a record."""
    return tuple(getattr(record, field) for field in KEYS[type(record)])


class ImportProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of an import: all records up to one of a kind.

    `source` names the other database, `kind` is a name in `KINDS`, `after` the key of the
    last record of that kind, and `count` the number of them.
    """

    source: str
    kind: str
    after: Key | None = None
    count: int = 0


class Transfer(Protocol):
    """Export from a database without writers, and import into one without other users."""

    async def export_page(self, kind: type[R], *, after: Key | None, limit: int) -> list[R]:
        """The next `limit` records of a kind past the key `after`, of which 2 is the least limit.

        Their order is the database's own, except messages: these come in the order in which they
        were stored.
        """
        ...

    async def import_page(self, page: Sequence[Record], progress: ImportProgress) -> None:
        """Add records of one kind and note the progress, in one transaction.

        Raises `Conflict` if one of them is there already, and `Damaged` if one refers to
        something missing.
        """
        ...

    async def import_progress(self) -> ImportProgress | None:
        """The progress of an import that is not complete; None if there is none.

        Such a database is not opened for anything else.
        """
        ...

    async def complete_import(self) -> None:
        """Give every log a new epoch, and end the import."""
        ...
