"""Media types, and which of them a browser may show (rule S17)."""

import re
from collections.abc import Mapping
from enum import StrEnum

from backchannel.domain.errors import UnsupportedFile

UNKNOWN_TYPE = "application/octet-stream"
"""The type of content of unknown kind; browsers save it and never show it."""


class MediaKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

KINDS: Mapping[str, MediaKind] = {
    **dict.fromkeys(("image/jpeg", "image/png", "image/gif", "image/webp"), MediaKind.IMAGE),
    **dict.fromkeys(("image/avif", "image/heic"), MediaKind.IMAGE),
    **dict.fromkeys(("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg"), MediaKind.AUDIO),
    **dict.fromkeys(("audio/webm", "audio/wav", "audio/flac"), MediaKind.AUDIO),
    **dict.fromkeys(("video/mp4", "video/webm", "video/ogg", "video/quicktime"), MediaKind.VIDEO),
    **dict.fromkeys(("video/x-matroska", "video/3gpp"), MediaKind.VIDEO),
    **dict.fromkeys(("text/plain", "text/csv", "text/markdown", "text/html"), MediaKind.DOCUMENT),
    **dict.fromkeys(("image/svg+xml", "application/xml", "application/json"), MediaKind.DOCUMENT),
    **dict.fromkeys(("application/pdf", "application/rtf", "application/zip"), MediaKind.DOCUMENT),
    **dict.fromkeys(("application/gzip", "application/x-7z-compressed"), MediaKind.DOCUMENT),
    f"{_OFFICE}.wordprocessingml.document": MediaKind.DOCUMENT,
    f"{_OFFICE}.spreadsheetml.sheet": MediaKind.DOCUMENT,
    f"{_OFFICE}.presentationml.presentation": MediaKind.DOCUMENT,
    f"{_OPEN_DOCUMENT}.text": MediaKind.DOCUMENT,
    f"{_OPEN_DOCUMENT}.spreadsheet": MediaKind.DOCUMENT,
    f"{_OPEN_DOCUMENT}.presentation": MediaKind.DOCUMENT,
    "application/epub+zip": MediaKind.DOCUMENT,
    UNKNOWN_TYPE: MediaKind.DOCUMENT,
}
"""The accepted media types (rule S17)."""

_ALIASES: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "application/x-zip-compressed": "application/zip",
}
_CONTAINERS = ("webm", "ogg", "mp4")
"""Formats that hold sound, pictures or both: for these the sender's claim is more precise."""
_TEXTS = frozenset({"text/csv", "text/markdown", "application/json"})
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,127}")
_SAVED_ONLY = frozenset({"image/heic", "video/x-matroska", "video/3gpp"})


def is_shown(media_type: str) -> bool:
    """True if a browser may show content of this type. Active and unknown types are only saved."""
    return KINDS.get(media_type) not in {None, MediaKind.DOCUMENT} and media_type not in _SAVED_ONLY


def clean_media_type(claimed: str) -> str:
    """The media type that a sender claims, without parameters; empty if it is not a media type."""
    bare = claimed.partition(";")[0].strip().lower()
    return _ALIASES.get(bare, bare) if _MEDIA_TYPE.fullmatch(bare) else ""


def settle_type(claimed: str, found: str) -> str:
    """The media type of a content, from the type `found` in it and the type `claimed` for it.

    Raises `UnsupportedFile` if the two contradict each other: a page that claims to be a picture is
    suspect.
    """
    if claimed not in KINDS or claimed in {UNKNOWN_TYPE, found}:
        return found
    if claimed in _TEXTS and found == "text/plain":
        return claimed
    if KINDS[claimed] is KINDS[found]:
        return found
    if {KINDS[claimed], KINDS[found]} == {MediaKind.AUDIO, MediaKind.VIDEO}:
        container = claimed.partition("/")[2]
        same = container in _CONTAINERS and found.endswith(f"/{container}")
        return claimed if same else found
    raise UnsupportedFile(f"the file claims to be {claimed}, but contains {found}")
