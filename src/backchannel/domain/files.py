"""Files that users send each other, and avatars: the accepted kinds, and their names."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

import msgspec

from backchannel.domain.characters import pieces
from backchannel.domain.errors import Invalid, TooLarge, UnsupportedFile
from backchannel.domain.messages import Message

NAME_LIMIT = 180
"""Longest displayed name, in characters; the middle is cut, never the ending."""
FILES_PER_MESSAGE = 10
UPLOAD_LIFE = 24 * 3_600 * 1_000
"""Milliseconds until an unfinished upload, or a file that no message names, is dropped."""
BLOCK = 1 << 20
"""Bytes of a file that are checked as one: each block has its own SHA-256 (rule R18)."""
THUMBNAIL_SIDE = 512
"""Longest side of a thumbnail, in pixels."""
THUMBNAIL_TYPE = "image/webp"
WAVEFORM_SAMPLES = 128
"""Most samples of a waveform; a voice message shows about fifty bars."""

ARCHIVE_NAME_BYTES = 150
"""Longest name, in bytes of UTF-8: file systems take 255, and folders come before it."""
ENDING_BYTES = 20
"""Longest ending that a name keeps when it is cut."""

# The characters and names that Windows refuses, some of which other systems refuse, too
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)

TYPES = ("image/jpeg", "image/png", "image/webp")
SIDE_LIMIT = 1_024
"""Longest side, in pixels."""
SIZE_LIMIT = 1 << 20
"""Bytes."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is complete and on disk; nothing of it ever changes.

    `name` is what people see and is not a path. `size` is in bytes, `width` and `height` are in
    pixels as shown, `duration` and `created_at` are in milliseconds. In Base64, and empty where
    there is none, are `waveform`, loudness over time from 0 to 255, one byte a sample, as the
    sender gave it; and `placeholder`, the ThumbHash of a picture.
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
    waveform: str = ""
    placeholder: str = ""

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
    """An unfinished file; its id becomes the file's. `media_type` is what its sender says.

    `metadata` is what the sender's protocol keeps with it, as it came; `waveform` is that of its
    `File`, which only sound will have.
    """

    id: str
    owner_id: str
    name: str
    media_type: str
    size: int
    created_at: int
    metadata: str = ""
    waveform: str = ""

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
    waveform: str = ""
    placeholder: str = ""


_attachments = msgspec.json.Decoder(list[Attachment])


def describe(file: File) -> Attachment:
    """The description of a file, as a message contains it."""
    return Attachment(
        id=file.id,
        name=file.name,
        type=file.media_type,
        size=file.size,
        width=file.width,
        height=file.height,
        duration=file.duration,
        thumbnail=file.has_thumbnail,
        waveform=file.waveform,
        placeholder=file.placeholder,
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
    """The name under which a file is shown. Raises `Invalid` if it looks like a path (S17).

    Names are only shown: on disk a file has the server's name. Control and invisible
    characters are removed, because they could make a name look like another one.
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


def check_waveform(samples: bytes) -> str:
    """A waveform of one byte a sample, in Base64. Raises `Invalid` for too many samples."""
    if len(samples) > WAVEFORM_SAMPLES:
        raise Invalid(
            f"a waveform has at most {WAVEFORM_SAMPLES} samples, of one byte each",
            field="waveform",
        )
    return base64.b64encode(samples).decode()


def block_digest(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()


def block_digests(blocks: str) -> list[str]:
    """The digests of `FileRecord.blocks`, one by one."""
    return [blocks[start : start + 64] for start in range(0, len(blocks), 64)]


def archive_name(name: str) -> str:
    """The name under which a file called `name` is put into an archive."""
    plain = _trimmed(_FORBIDDEN.sub("_", name))
    if len(plain.encode()) > ARCHIVE_NAME_BYTES:
        stem, dot, ending = plain.rpartition(".")
        if not stem or len(ending.encode()) > ENDING_BYTES:
            stem, dot, ending = plain, "", ""
        room = ARCHIVE_NAME_BYTES - len((dot + ending).encode())
        plain = _trimmed(stem.encode()[:room].decode(errors="ignore")) + dot + ending
    return f"_{plain}" if not plain or _RESERVED.fullmatch(plain) else plain


def _trimmed(name: str) -> str:
    """Windows drops dots and blanks at the end, and some programs blanks at the beginning."""
    return name.strip().rstrip(". ")


def check_avatar(file: File) -> None:
    """Raises `UnsupportedFile`, `TooLarge` and `Invalid` if it cannot be an avatar."""
    if file.media_type not in TYPES:
        raise UnsupportedFile("an avatar is a JPEG, PNG or WebP picture", field="file_id")
    if file.size > SIZE_LIMIT:
        raise TooLarge(f"an avatar has at most {SIZE_LIMIT:,} bytes", field="file_id")
    if file.width is None or file.width != file.height or file.width > SIDE_LIMIT:
        raise Invalid(
            f"an avatar is square, with at most {SIDE_LIMIT:,} pixels a side: cut the picture and "
            "upload it again",
            field="file_id",
        )
