"""Reads the answers of other servers in pieces, so that none of them blocks the event loop.

The HTTP client parses all that it has read without a pause: 64 KB may be thousands of interim
responses or of single-byte chunks, which take a tenth of a second.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

PIECE = 1 << 10
"""Bytes that are parsed at once."""

_CONNECTED = {"connection.connect_tcp.complete", "connection.start_tls.complete"}


async def read_in_pieces(event: str, details: Mapping[str, Any]) -> None:
    """Make a new connection read in pieces: a `trace` of httpcore, an extension of a request."""
    if event not in _CONNECTED:
        return
    stream = details["return_value"]
    read = stream.read

    async def read_piece(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the signature of httpcore
        await asyncio.sleep(0)
        piece: bytes = await read(min(max_bytes, PIECE), timeout)
        return piece

    stream.read = read_piece
