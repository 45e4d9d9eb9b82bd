"""The terminal: lines come in while others are being written above them."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

PROMPT = "> "
CLEAR_LINE = "\r\x1b[K"
CLEARING_PROMPT = f"\x01{CLEAR_LINE}\x02{PROMPT}"  # one may stand there; readline wants the marks

_CONTROLS = {*range(32), *range(127, 160)} - {ord("\n"), ord("\t")}
_HARMLESS = dict.fromkeys(_CONTROLS, "\N{REPLACEMENT CHARACTER}")


def harmless(text: str) -> str:
    """What somebody else wrote, without control characters: they could take over the terminal."""
    return text.translate(_HARMLESS)


class Screen:
    """Standard input and output, line by line; on a terminal with editing and colours."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._prompting = False

    def show(self, *parts: str | tuple[str, str]) -> None:
        """Write one line, of plain and of `(text, style)` parts, above the one being typed."""
        text = Text()
        for part in parts:
            if isinstance(part, str):
                text.append(harmless(part))
            else:
                text.append(harmless(part[0]), style=part[1])
        if self._interactive:
            sys.stdout.write(CLEAR_LINE)
        self._console.print(text)
        if self._prompting:
            sys.stdout.write(PROMPT + self.typed())
            sys.stdout.flush()

    def typed(self) -> str:
        """What has been typed and not yet sent."""
        if not self._interactive:
            return ""
        import readline

        return readline.get_line_buffer()

    async def lines(self) -> AsyncIterator[str]:
        """The lines that are typed, until the end of input."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        def read() -> None:
            for line in self._read():
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

        # Reading cannot be interrupted, so the thread must not keep the process alive.
        threading.Thread(target=read, daemon=True).start()
        while (line := await queue.get()) is not None:
            yield line

    def _read(self) -> Iterator[str]:
        if not self._interactive:
            yield from (line.rstrip("\r\n") for line in sys.stdin)
            return
        self.typed()  # this imports readline, and `input` uses it once it is imported
        self._prompting = True
        while True:
            try:
                yield input(CLEARING_PROMPT)
            except EOFError:
                return

    @contextmanager
    def restored(self) -> Generator[None]:
        """Leave the terminal as it was, also if a line was just being typed."""
        if not self._interactive:
            yield
            return
        import termios

        before = termios.tcgetattr(sys.stdin)
        try:
            yield
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
            self._console.print()
