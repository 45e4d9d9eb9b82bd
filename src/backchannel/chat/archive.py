"""A ZIP archive (APPNOTE 6.3.10) that is written while it is read, in bounded memory."""

import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import IO, cast

from backchannel.budgets.threads import in_thread
from backchannel.chat.chunks import WRITE

Entries = AsyncIterator[tuple[str, AsyncIterator[bytes]]]
"""Names within the archive, and the contents, each read before the next name is asked for."""

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""A wait until others have packed a piece."""

_COMPRESSION: Mapping[bool, int] = {True: zipfile.ZIP_DEFLATED, False: zipfile.ZIP_STORED}
_TEXTS = (".json", ".jsonl", ".txt")


class _Pipe:
    """The output of `zipfile`; it cannot seek, so sizes follow their contents."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Do nothing: `write` holds nothing back."""

    def take(self, least: int = 0) -> bytes:
        """Take the bytes written so far, or none if they are fewer than `least`."""
        if len(self._waiting) < least:
            return b""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


async def archived(entries: Entries, turn: Turn = nullcontext) -> AsyncIterator[bytes]:
    """The archive of these entries. One that was cut short has no directory and does not open.

    Each piece is packed in a thread, and in a `turn` of its own.
    """
    pipe = _Pipe()
    archive = zipfile.ZipFile(cast("IO[bytes]", pipe), "w", compresslevel=zlib.Z_BEST_SPEED)
    try:
        async for name, content in entries:
            archive.compression = _COMPRESSION[name.endswith(_TEXTS)]
            with archive.open(name, "w", force_zip64=True) as entry:
                async for chunk in content:
                    async with turn():
                        await in_thread(partial(entry.write, chunk))
                    if gathered := pipe.take(WRITE):
                        yield gathered
    finally:
        # The directory may be long; it is written also where the archive is given up.
        await in_thread(archive.close)
    yield pipe.take()
