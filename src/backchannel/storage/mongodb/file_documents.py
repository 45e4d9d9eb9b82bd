"""The documents that tell of files, and of the messages that name them."""

import msgspec

from backchannel.storage.mongodb.documents import Document, Place


class Naming(msgspec.Struct, frozen=True):
    """A message that names a file."""

    file: str
    conversation: str
    seq: int


class FileDocument(Document, kw_only=True):
    """A file, or an upload that will become one; sizes are in bytes."""

    id: str
    owner_id: str
    complete: bool = False
    name: str
    media_type: str
    size: int
    created_at: int
    metadata: str = ""
    sha256: str = ""
    blocks: str = ""
    upload_size: int = 0
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumbnail_size: int = 0
    thumbnail_sha256: str = ""
    # How many messages name it, and one more if it is its owner's avatar.
    named: int = 0
    is_avatar: bool = False
    # Given up: no message may name it any more, and its content is being deleted.
    condemned_at: int | None = None


class AttachmentDocument(Document, kw_only=True):
    """A message that names a file."""

    id: Naming
    place: Place
    members: list[str]
