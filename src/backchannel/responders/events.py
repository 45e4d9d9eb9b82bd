"""Server-sent events (WHATWG HTML, section 9.2.6), as far as a stream of data needs them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

_FIELD = b"data:"


async def data_of(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The data of each event of a stream, one line each; all other fields are passed over."""
    rest = b""
    async with aclosing(chunks):
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(_FIELD):
                    yield line.removeprefix(_FIELD).strip()
    if rest.startswith(_FIELD):
        yield rest.removeprefix(_FIELD).strip()
