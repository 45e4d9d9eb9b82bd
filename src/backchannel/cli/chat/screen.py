"""Where a chat is shown and typed: plain lines here, for pipes and simple terminals."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console

from backchannel.cli.chat.text import Part, rows, styled

QUIET = "dim"


@dataclass(frozen=True, slots=True)
class Status:
    """What the line that is typed in says besides: to whom, and what still waits to be sent."""

    peer: str
    connected: bool
    waiting: tuple[str, ...]


class Screen(Protocol):
    """Shows lines above the one that is being typed."""

    interactive: bool
    """Whether a person sees it at once."""
    interrupted: bool
    """Whether the user has left with Ctrl-C."""

    def show(self, *parts: Part, files: tuple[str, ...] = ()) -> None:
        """Show one thing. Text may have several lines; they cannot be taken for another's."""
        ...

    def note(self, text: str, seconds: float | None = None) -> None:
        """Show something that only matters now, for `seconds` where they are given."""
        ...

    def typed(self) -> str:
        """What is being typed."""
        ...

    def refresh(self) -> None:
        """The status has changed."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """What is typed, entry by entry, until the end; an entry may have several lines."""
        ...

    async def flushed(self) -> None:
        """Wait until everything is visible."""
        ...


class Lines:
    """Standard input and output, line by line."""

    interactive = False
    interrupted = False

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, *parts: Part, files: tuple[str, ...] = ()) -> None:
        for row in rows(styled(parts), files, self._console):
            self._console.print(row)

    def note(self, text: str, seconds: float | None = None) -> None:  # noqa: ARG002  # it stays
        if text:
            self.show((text, QUIET))

    def typed(self) -> str:
        return ""

    def refresh(self) -> None:
        """Nothing here shows the status."""

    async def flushed(self) -> None:
        sys.stdout.flush()

    async def lines(self) -> AsyncIterator[str]:
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
