"""Server-sent events as the standard reads them (WHATWG HTML, section 9.2.6)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

_BOM = b"\xef\xbb\xbf"


async def data_of(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The data of each event, its lines joined by a line feed; events without data are left out.

    Other than the standard, an event counts that the stream's end completes: some servers end
    without the blank line.
    """
    data: list[bytes] = []
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            if line:
                name, _, value = line.partition(b":")
                if name == b"data":
                    data.append(value.removeprefix(b" "))
                continue
            if event := b"\n".join(data).strip():
                yield event
            data.clear()
    if event := b"\n".join(data).strip():
        yield event


async def _lines(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The lines of a stream, ended by CR LF, LF or CR, wherever the chunks are cut."""
    line = bytearray()
    beginning, after_cr = True, False
    async with aclosing(chunks):
        async for chunk in chunks:
            text = chunk[1:] if after_cr and chunk.startswith(b"\n") else chunk
            after_cr = chunk.endswith(b"\r") or (after_cr and not chunk)
            first, *others = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            line += first
            for each in others:
                yield bytes(line).removeprefix(_BOM) if beginning else bytes(line)
                beginning = False
                line = bytearray(each)
    yield bytes(line).removeprefix(_BOM) if beginning else bytes(line)
