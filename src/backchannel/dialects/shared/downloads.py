"""Files on their way out: the headers that keep a browser from running them (rule S17)."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from backchannel.chat import attachments
from backchannel.chat.attachments import Content
from backchannel.chat.core import Core
from backchannel.dialects.shared.ranges import is_same, requested_part
from backchannel.dialects.shared.requests import StrictRequest
from backchannel.domain.media_types import is_shown

POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox"
"""Should a browser open a file as a page, nothing in it runs or is loaded."""
CACHING = "private, no-cache"
"""Only the reader's own browser keeps it, and asks each time whether it may still be shown."""


async def download(
    request: StrictRequest, core: Core, content: Content, *, reader: str, caching: str = CACHING
) -> Response[bytes] | Stream:
    """A content, or the part of it that is asked for. Raises `RangeNotSatisfiable`.

    The first block is read before anything is answered, so that damage is a clear refusal.
    `reader` is the user or the network address whose turns it takes.
    """
    etag = f'"{content.sha256}"'
    headers = _headers(content, etag, caching)
    if is_same(request.headers.get("if-none-match"), etag):
        return Response(b"", status_code=304, headers=headers)
    part = requested_part(
        request.headers.get("range"),
        size=content.size,
        etag=etag,
        if_range=request.headers.get("if-range"),
    )
    start, stop = (part.start, part.stop) if part else (0, content.size)
    headers["content-length"] = str(stop - start)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{content.size}"
    turn = core.reading.download(reader)
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
