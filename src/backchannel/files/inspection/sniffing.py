"""What a content is, by its own first bytes: neither names nor senders are believed (S17)."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.media_types import UNKNOWN_TYPE

HEAD = 8_192
"""Bytes looked at."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"{\\rtf", "application/rtf"),
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
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3g2a"), "video/3gpp"),
}
"""What `ftyp` boxes name (ISO/IEC 14496-12); all other brands are MP4."""

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
    if head.startswith(_PROGRAMS):
        raise UnsupportedFile("programs are not taken; put them into an archive")
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(path)
    for recognise in _RECOGNISERS:
        found = recognise(head)
        if found is not None:
            return found
    return UNKNOWN_TYPE


def _by_signature(head: bytes) -> str | None:
    return next((found for start, found in _SIGNATURES if head.startswith(start)), None)


def _by_container(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in head[:256] else "audio/ogg"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    return None


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
    """Text, and the languages of the web, which are to be told apart from harmless text."""
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
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "application/xml" if begin.startswith(b"<?xml") else "text/plain"


_RECOGNISERS: tuple[Callable[[bytes], str | None], ...] = (
    _by_signature,
    _by_container,
    _by_mark_of_pdf,
    _by_text,
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
