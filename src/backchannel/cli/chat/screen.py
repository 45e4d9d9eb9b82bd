"""Standard input and output, line by line."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator

from rich.console import Console

from backchannel.cli.chat.text import Part, rows, styled

QUIET = "dim"


class Lines:
    """Shows one thing after another, and reads what is entered."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, *parts: Part, files: tuple[str, ...] = ()) -> None:
        """Show one thing. Text may have several lines; they cannot be taken for another's."""
        for row in rows(styled(parts), files, self._console):
            self._console.print(row)

    def flush(self) -> None:
        """Make everything visible."""
        sys.stdout.flush()

    async def lines(self) -> AsyncIterator[str]:
        """The input, line by line, until its end."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        def read() -> None:
            for line in sys.stdin:
                # Bytes that are no text are sent as such; the server would refuse them.
                content = line.rstrip("\r\n").encode(errors="surrogateescape")
                text = content.decode(errors="replace").replace("\0", "\ufffd")
                loop.call_soon_threadsafe(queue.put_nowait, text)
            loop.call_soon_threadsafe(queue.put_nowait, None)

        # Reading cannot be interrupted, so the thread must not keep the process alive.
        threading.Thread(target=read, daemon=True).start()
        while (line := await queue.get()) is not None:
            yield line
