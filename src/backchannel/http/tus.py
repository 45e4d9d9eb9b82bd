"""The headers of tus 1.0 (tus.io/protocols/resumable-upload)."""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from email.utils import formatdate

import msgspec

from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.files import Upload
from backchannel.http.validation import SHOWN

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
CONTENT_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256", "md5")
"""The checksum algorithms; the protocol requires SHA-1."""

NUMBER = r"^[0-9]{1,15}$"
"""The format of a whole number in a header; the largest ones fit every database."""
_METADATA_LIMIT = 4_096
_KEY = re.compile(r"[!-+\--~]+")
_TEXTS = ("filename", "filetype")


class WrongVersion(ChatError):
    """The request is for another version of the protocol, or for none."""

    code = "unsupported_version"
    status = 412


class ChecksumMismatch(ChatError):
    """The bytes changed on the way and were discarded."""

    code = "checksum_mismatch"
    status = 460


def check_version(version: str | None) -> None:
    """Raises `WrongVersion`."""
    if version != VERSION:
        raise WrongVersion(f"send Tus-Resumable: {VERSION}", field="tus-resumable")


def read_number(value: str, name: str) -> int:
    """A header that must be a whole number. Raises `Invalid`."""
    if not re.fullmatch(NUMBER, value):
        raise Invalid(f"{name} must be a whole number", field=name.lower())
    return int(value)


class Metadata(msgspec.Struct, frozen=True):
    """A file as its sender describes it; `waveform` has one byte a sample."""

    filename: str | None = None
    filetype: str = ""
    waveform: bytes = b""


def read_metadata(value: str | None) -> Metadata:
    """The description of a file in `Upload-Metadata`, whose values are Base64. Raises `Invalid`.

    Other keys are the client's own, and their values may be any bytes.
    """
    if value is None:
        return Metadata()
    if len(value) > _METADATA_LIMIT:
        raise Invalid("Upload-Metadata is too long", field="upload-metadata")
    found: dict[str, bytes] = {}
    for pair in value.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise Invalid(
                "the keys of Upload-Metadata must be unique and in ASCII", field="upload-metadata"
            )
        try:
            found[key] = _decoded(encoded.strip())
        except binascii.Error:
            text = f"the value of {key[:SHOWN]} is not in Base64"
            raise Invalid(text, field="upload-metadata") from None
    try:
        texts = {key: found[key].decode() for key in _TEXTS if key in found}
    except UnicodeDecodeError:
        text = f"{' and '.join(_TEXTS)} are in UTF-8"
        raise Invalid(text, field="upload-metadata") from None
    return Metadata(**texts, waveform=found.get("waveform", b""))


def discovery(max_size: int) -> list[tuple[str, str]]:
    """The headers that answer OPTIONS."""
    return [
        ("tus-resumable", VERSION),
        ("tus-version", VERSION),
        ("tus-extension", EXTENSIONS),
        ("tus-max-size", str(max_size)),
        ("tus-checksum-algorithm", ",".join(ALGORITHMS)),
    ]


def state(upload: Upload, offset: int) -> dict[str, str]:
    """The headers with the offset of an upload and the time until which it is kept."""
    headers = {
        "tus-resumable": VERSION,
        "upload-offset": str(offset),
        "upload-length": str(upload.size),
    }
    if offset < upload.size:
        headers["upload-expires"] = formatdate(upload.expires_at / 1_000, usegmt=True)
    return headers


class Checksum:
    """Compares the bytes that pass with the checksum in `Upload-Checksum`."""

    def __init__(self, value: str) -> None:
        """Raises `Invalid`."""
        algorithm, _, expected = value.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise Invalid(
                f"the algorithm of a checksum must be one of {', '.join(ALGORITHMS)}",
                field=_CHECKSUM,
            )
        self._digest = hashlib.new(algorithm, usedforsecurity=False)
        try:
            self._expected = _decoded(expected)
        except binascii.Error:
            self._expected = b""
        if len(self._expected) != self._digest.digest_size:
            raise Invalid(
                f"Upload-Checksum must be a {algorithm} checksum in Base64", field=_CHECKSUM
            )

    async def passing(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, counted in."""
        async for chunk in chunks:
            self._digest.update(chunk)
            yield chunk

    def verify(self) -> None:
        """Raises `ChecksumMismatch`."""
        if self._digest.digest() != self._expected:
            raise ChecksumMismatch("the bytes are not those of the checksum; send them again")


_CHECKSUM = "upload-checksum"


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
