"""The media type of content, from its first bytes: names and senders are not trusted (S17)."""

import codecs
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.media_types import UNKNOWN_TYPE
from backchannel.files.inspection import iso_media

HEAD = 8_192
"""Bytes that are read."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OFFICE_PARTS = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
}
_SELF_NAMED = (
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/epub+zip",
)
_OGG_PICTURES = (b"\x80theora", b"OVP80", b"BBCD\0", b"\x01video\0")
_TRACKS = b"\x16\x54\xae\x6b"
_TRACK_TYPE = re.compile(rb"\x83\x81([\1\2])")
"""In Matroska (RFC 9559): 1 is a film, 2 is sound."""
_WIDE_TEXTS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SVG = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|meta|img|style|a|p|div|form)[\s>/]",
    re.IGNORECASE,
)


def sniff(path: Path) -> str:
    """The media type of a content, `UNKNOWN_TYPE` where nothing is recognised.

    Raises `UnsupportedFile` for programs.
    """
    with path.open("rb") as content:
        head = content.read(HEAD)
        if head.startswith(_PROGRAMS) and not _may_be_text(head):
            raise UnsupportedFile("programs are not accepted; put them into an archive")
        if head.startswith(b"PK\x03\x04"):
            return _of_archive(path)
        if head[4:8] == b"ftyp" and _CONTROLS.search(head[:4]):
            return iso_media.media_type_of(content) or UNKNOWN_TYPE
    for recognise in _RECOGNISERS:
        found = recognise(head)
        if found is not None:
            return found
    return UNKNOWN_TYPE


def _may_be_text(head: bytes) -> bool:
    """True if a content begins like text in some encoding."""
    return head[:4].isascii() and not _CONTROLS.search(head[:64])


def _by_signature(head: bytes) -> str | None:
    return next((found for start, found in _SIGNATURES if head.startswith(start)), None)


def _by_container(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"OggS"):
        # Each stream begins with a separate page, ahead of all others (RFC 3533).
        return "video/ogg" if any(codec in head for codec in _OGG_PICTURES) else "audio/ogg"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _of_matroska(head)
    return None


def _of_matroska(head: bytes) -> str:
    """WebM or Matroska, by its document type, and the tracks in its first bytes."""
    if b"webm" not in head[:64]:
        return "video/x-matroska"
    tracks = head.partition(_TRACKS)[2]
    kinds = set(_TRACK_TYPE.findall(tracks))
    return "audio/webm" if kinds == {b"\2"} else "video/webm"


def _by_frame(head: bytes) -> str | None:
    """MPEG audio without a tag: eleven set bits, then its layer (ISO/IEC 11172-3)."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if head[1] & 0xE6 == 0xE2 else None


def _by_mark_of_pdf(head: bytes) -> str | None:
    # Readers look for it anywhere in the first kilobyte (ISO 32000-1, annex H).
    return "application/pdf" if b"%PDF-" in head[:1_024] else None


def _by_text(head: bytes) -> str | None:
    """Text, and the languages of the web, which must be distinguished from harmless text."""
    if not head or _CONTROLS.search(head):
        return None
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a character was cut in two
            return None
    if _SVG.search(head):
        return "image/svg+xml"
    if _HTML.search(head):
        return "text/html"
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin.startswith(b"{\\rtf"):
        return "application/rtf"
    return "application/xml" if begin.startswith(b"<?xml") else "text/plain"


def _by_wide_text(head: bytes) -> str | None:
    """Text in UTF-16 or UTF-32, which begins with a mark that says so."""
    encoding = next((name for mark, name in _WIDE_TEXTS if head.startswith(mark)), None)
    if encoding is None:
        return None
    try:
        text = head[: len(head) // 4 * 4].decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return None
        text = head[: error.start].decode(encoding)
    return _by_text(text.encode()) if text else None


_RECOGNISERS: tuple[Callable[[bytes], str | None], ...] = (
    _by_mark_of_pdf,
    # Before the signatures, which text may begin with by chance: none of their formats is text.
    _by_text,
    _by_wide_text,
    _by_signature,
    _by_container,
    _by_frame,
)


def _of_archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(name.endswith("vbaProject.bin") for name in names):
                return "application/zip"  # macros make a document a program
            named = archive.read("mimetype")[:128].decode() if _has_short_name(archive) else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return UNKNOWN_TYPE
    if named in _SELF_NAMED:
        return named
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), "application/zip")


def _has_short_name(archive: zipfile.ZipFile) -> bool:
    first = archive.infolist()[:1]
    return bool(first) and first[0].filename == "mimetype" and first[0].file_size <= 128
