"""Downloads: headers that keep a browser from running files (rule S17), and range requests.

Ranges are those of RFC 9110, section 14.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.response import Stream

from backchannel.chat import attachments
from backchannel.chat.attachments import Content
from backchannel.chat.core import Core
from backchannel.domain.errors import ChatError
from backchannel.domain.media_types import is_shown
from backchannel.http.requests import StrictRequest

_SINGLE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.ASCII | re.IGNORECASE)

POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox"
"""If a browser opens a file as a page, nothing in it runs or is loaded."""
CACHING = "private, no-cache"
"""Only the reader's own browser keeps it, and asks each time whether it may still be shown."""


class RangeNotSatisfiable(ChatError):
    """The part begins past the end of a content of `size` bytes."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(f"the content has only {size:,} bytes", field="range")
        self.size = size


class ByteRange(msgspec.Struct, frozen=True):
    """Bytes from `start` to `stop` (exclusive)."""

    start: int
    stop: int


def requested_range(
    field: str | None, *, size: int, etag: str, if_range: str | None = None
) -> ByteRange | None:
    """The one range that a `Range` field names; None for all of the content.

    None also for ranges that may be ignored: other units, several ranges, nonsense, and a part of
    another version than the client has (`If-Range`). Raises `RangeNotSatisfiable`.
    """
    found = _SINGLE.fullmatch(field) if field else None
    if found is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = found.groups()
    if first:
        return _from_first(int(first), int(last) if last else size - 1, size)
    if not last:
        return None
    length = min(int(last), size)
    if not length:
        raise RangeNotSatisfiable(size)
    return ByteRange(size - length, size)


def is_same(if_none_match: str | None, etag: str) -> bool:
    """True if the client already has the content (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in known or "*" in known


def _from_first(first: int, last: int, size: int) -> ByteRange | None:
    if first >= size:
        raise RangeNotSatisfiable(size)
    return None if last < first else ByteRange(first, min(last + 1, size))


async def download(
    request: StrictRequest, core: Core, content: Content, *, reader: str, caching: str = CACHING
) -> Response[bytes] | Stream:
    """A content, or the requested range of it. Raises `RangeNotSatisfiable`.

    The first block is read before anything is answered, so that damage is a clear refusal.
    `reader` is the user or the network address whose turns it takes.
    """
    etag = f'"{content.sha256}"'
    headers = _headers(content, etag, caching)
    if is_same(request.headers.get("if-none-match"), etag):
        return Response(b"", status_code=304, headers=headers)
    part = requested_range(
        request.headers.get("range"),
        size=content.size,
        etag=etag,
        if_range=request.headers.get("if-range"),
    )
    start, stop = (part.start, part.stop) if part else (0, content.size)
    headers["content-length"] = str(stop - start)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{content.size}"
    turn = attachments.download_turn(core, reader)
    blocks = attachments.read(core, content, start, stop)
    return Stream(
        _nothing() if is_head(request) else await begun(_in_turn(turn, blocks)),
        status_code=206 if part else 200,
        headers=headers,
    )


def is_head(request: StrictRequest) -> bool:
    """True if only the headers are requested; the edge passes HEAD to the application as GET."""
    return bool(request.scope["state"].get("head"))


def disposition(name: str, *, shown: bool) -> str:
    """A `Content-Disposition` field (RFC 6266): the name in ASCII, and as it is (RFC 8187)."""
    plain = "".join(each if _is_plain(each) else "_" for each in name)
    kind = "inline" if shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _headers(content: Content, etag: str, caching: str) -> dict[str, str]:
    return {
        "accept-ranges": "bytes",
        "cache-control": caching,
        "content-type": content.media_type,
        "content-disposition": disposition(content.name, shown=is_shown(content.media_type)),
        "content-security-policy": POLICY,
        "etag": etag,
        "vary": "Authorization",
        "x-content-type-options": "nosniff",
    }


def _is_plain(character: str) -> bool:
    return " " <= character <= "~" and character not in '"\\%'


async def begun(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same blocks, with the first one already read, so that its errors can be reported."""
    first = await anext(blocks, b"")

    async def all_blocks() -> AsyncIterator[bytes]:
        yield first
        async for block in blocks:
            yield block

    return all_blocks()


async def _in_turn(
    turn: AbstractAsyncContextManager[None], blocks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    async with turn:
        async for block in blocks:
            yield block


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
