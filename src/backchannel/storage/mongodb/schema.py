"""The collections with their indexes, and the version of both.

Each query is answered by an index or by `_id`, whose parts are in the order in which they are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from backchannel.storage.mongodb.account_documents import (
    AttachmentDocument,
    BlockDocument,
    ErasureDocument,
    FileDocument,
    InvitationDocument,
    LoginDocument,
    ReportDocument,
    UserDocument,
)
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    Document,
    EntryDocument,
    ImportDocument,
    MessageDocument,
    QuestionDocument,
)

D_co = TypeVar("D_co", bound=Document, covariant=True)

PREFIX = "backchannel."
"""The prefix of all collection names, so that other programs can share the database."""
# MongoDB uses a partial index only for queries whose conditions imply its filter.
_IS_TEXT = {"$gt": ""}
_IS_NUMBER = {"$gte": 0}


@dataclass(frozen=True)
class Collection(Generic[D_co]):
    """A collection, the type of its documents, and its indexes in addition to `_id`."""

    name: str
    document: type[D_co]
    indexes: tuple[IndexModel, ...] = ()
    counts: bool = False
    """True if its documents count those of other collections: it is written after them."""


def _index(
    *fields: str, unique: bool = False, where: Mapping[str, object] | None = None
) -> IndexModel:
    """An index; a `-` before a field's name is for descending order."""
    keys = [(each.lstrip("-"), DESCENDING if each[0] == "-" else ASCENDING) for each in fields]
    options = {} if where is None else {"partialFilterExpression": where}
    return IndexModel(keys, name="_".join(fields), unique=unique, **options)


USERS = Collection(
    f"{PREFIX}users",
    UserDocument,
    (
        _index("username_key", unique=True),
        _index("look_alike_key", unique=True, where={"look_alike_key": _IS_TEXT}),
        _index("email_key", unique=True, where={"email_key": _IS_TEXT}),
        _index("profile_due_at", where={"profile_due_at": _IS_NUMBER}),
    ),
    counts=True,
)
LOGINS = Collection(
    f"{PREFIX}logins",
    LoginDocument,
    (
        _index("user_id", "-created_at", "-_id"),
        _index("ended_at", "_id", where={"ended_at": _IS_NUMBER}),
    ),
)
BLOCKS = Collection(f"{PREFIX}blocks", BlockDocument)
CONVERSATIONS = Collection(
    f"{PREFIX}conversations",
    ConversationDocument,
    (
        _index("members", "listed", "-updated_at", "-_id"),
        _index("members", "listed", "kind", "-updated_at", "-_id"),
        _index("members", "_id"),
        _index("asked_id", "-updated_at", "-_id", where={"asked_id": _IS_TEXT}),
    ),
    counts=True,
)
MESSAGES = Collection(
    f"{PREFIX}messages",
    MessageDocument,
    (
        _index("message_id", unique=True),
        _index("sent_as", unique=True),
        _index("members", "-number"),
    ),
)
LOG = Collection(f"{PREFIX}log", EntryDocument)
QUESTIONS = Collection(f"{PREFIX}questions", QuestionDocument, (_index("message"),))
FILES = Collection(
    f"{PREFIX}files",
    FileDocument,
    (
        _index("owner_id", "complete", "_id"),
        _index("complete", "named", "created_at"),
        _index("condemned_at", "created_at", where={"condemned_at": _IS_NUMBER}),
    ),
)
ATTACHMENTS = Collection(f"{PREFIX}attachments", AttachmentDocument, (_index("message"),))
ERASURES = Collection(
    f"{PREFIX}erasures", ErasureDocument, (_index("completed_at"), _index("requested_at"))
)

INVITATIONS = Collection(
    f"{PREFIX}invitations",
    InvitationDocument,
    (_index("inviter_id", "-created_at"), _index("expires_at")),
)
REPORTS = Collection(
    f"{PREFIX}reports",
    ReportDocument,
    (
        _index("reporter_id"),
        _index("user_id"),
        _index("closed_at", where={"closed_at": _IS_NUMBER}),
    ),
)
IMPORTS = Collection(f"{PREFIX}imports", ImportDocument)

COLLECTIONS: tuple[Collection[Document], ...] = (
    USERS,
    LOGINS,
    BLOCKS,
    CONVERSATIONS,
    MESSAGES,
    LOG,
    QUESTIONS,
    FILES,
    ATTACHMENTS,
    ERASURES,
    INVITATIONS,
    REPORTS,
    IMPORTS,
)
BY_NAME = {each.name: each for each in COLLECTIONS}
