"""Files that people send each other: what is taken, how they are named and described."""

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

import msgspec

from backchannel.domain.characters import pieces
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message

NAME_LIMIT = 180
"""Longest displayed name, in characters; what is cut is the middle, never the ending."""
FILES_PER_MESSAGE = 10
UPLOAD_LIFE = 24 * 3_600 * 1_000
"""Milliseconds until an unfinished upload, or a file that no message names, is dropped."""
BLOCK = 1 << 20
"""Bytes of a file that are checked as one: each block has its own SHA-256 (rule R18)."""
THUMBNAIL_SIDE = 512
"""Longest side of a thumbnail, in pixels."""
THUMBNAIL_TYPE = "image/webp"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is complete and on disk; nothing of it ever changes.

    `name` is what people see and is no path. `size` is in bytes, `width` and `height` are in
    pixels as shown, `duration` and `created_at` are in milliseconds.
    """

    id: str
    owner_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: int
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumbnail_size: int = 0

    @property
    def has_thumbnail(self) -> bool:
        return self.thumbnail_size > 0


class FileRecord(File, frozen=True, kw_only=True):
    """A file with what only the server needs to know.

    `blocks` holds the SHA-256 of each of its blocks in hexadecimal, one after the other; a
    thumbnail is a single block. `upload_size` counts the bytes that came in: metadata that was
    taken out is not in `size`. `metadata` is that of its `Upload`.
    """

    blocks: str
    upload_size: int
    thumbnail_sha256: str = ""
    metadata: str = ""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way; its id becomes the file's. `media_type` is what its sender says.

    `metadata` is what the sender's protocol keeps with it, as it came.
    """

    id: str
    owner_id: str
    name: str
    media_type: str
    size: int
    created_at: int
    metadata: str = ""

    @property
    def expires_at(self) -> int:
        """Milliseconds since 1970."""
        return self.created_at + UPLOAD_LIFE


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file as described in the message that names it; it never changes."""

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumbnail: bool = False


_attachments = msgspec.json.Decoder(list[Attachment])


def describe(file: File) -> Attachment:
    """A file in a message's words."""
    return Attachment(
        id=file.id,
        name=file.name,
        type=file.media_type,
        size=file.size,
        width=file.width,
        height=file.height,
        duration=file.duration,
        thumbnail=file.has_thumbnail,
    )


def attach(files: Iterable[File]) -> str:
    """The `files` of a message: JSON text, empty without files."""
    attached = [describe(each) for each in files]
    return msgspec.json.encode(attached).decode() if attached else ""


def attachments(files: str) -> list[Attachment]:
    """Decode the JSON text that `attach` returned."""
    return _attachments.decode(files) if files else []


def attachments_of(message: Message) -> list[Attachment]:
    """The files of a message."""
    return attachments(message.files)


def check_file_name(name: str) -> str:
    """The name under which a file is shown. Raises `Invalid` for what looks like a path (S17).

    Names are only shown: on disk a file has the server's name. Control and invisible
    characters go, which could make a name look like another one.
    """
    if name in {"", ".", ".."} or any(each in name for each in "/\\\0"):
        raise Invalid("name must be the name of a file, not a path", field="name")
    composed = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode())
    shown = "".join(" " if each.isspace() else each for each in composed)
    cleaned = "".join(piece for piece, seen in pieces(shown) if seen).strip() or "file"
    if len(cleaned) <= NAME_LIMIT:
        return cleaned
    ending = PurePosixPath(cleaned).suffix[:20]
    return cleaned[: NAME_LIMIT - len(ending)] + ending


def block_digest(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()


def block_digests(blocks: str) -> list[str]:
    """The digests of `FileRecord.blocks`, one by one."""
    return [blocks[start : start + 64] for start in range(0, len(blocks), 64)]
