"""Text in the terminal: lines in and out, and the text of other users laid out safely.

No text can imitate the client's own output.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator

from rich.console import Console
from rich.text import Text

from backchannel_client import FileInfo

MARGIN = "      │ "
"""Begins every row of a message but its first."""
FILE_MARGIN = "      + "
NARROWEST = 10
UNITS = ("B", "kB", "MB", "GB")

_CONTROLS = {*range(32), *range(127, 160)} - {ord("\n"), ord("\t")}
_SURROGATES = range(0xD800, 0xE000)
_REORDERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""Embeddings, overrides and isolates: they would also reorder the text beside them."""
_MARKS = {0x200E, 0x200F, 0x061C}
"""Invisible letters of a direction (UAX 9, section 2.6)."""
_PRINTABLE = {
    **dict.fromkeys({*_CONTROLS, *_SURROGATES, *_REORDERING}, "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys(_MARKS, ""),
    **dict.fromkeys({0x0B, 0x0C, 0x85, 0x2028, 0x2029}, "\n"),
}

Part = str | tuple[str, str]
"""Text, or text with its style."""

QUIET = "dim"


def printable(text: str) -> str:
    """The text without characters that could control the terminal or reorder their surroundings."""
    return text.replace("\r\n", "\n").translate(_PRINTABLE)


def one_line(text: str) -> str:
    """The text in one line, for a name or a quotation."""
    return " ".join(printable(text).split())


def described(file: FileInfo) -> str:
    """A file in a few words: its name, type and size."""
    size, unit = float(file.size), 0
    while size >= 1_000 and unit < len(UNITS) - 1:
        size, unit = size / 1_000, unit + 1
    amount = f"{size:.0f}" if unit == 0 else f"{size:.1f}"
    pixels = f", {file.width} by {file.height} pixels" if file.width and file.height else ""
    return one_line(f"{file.name} ({file.type}, {amount} {UNITS[unit]}{pixels})")


def styled(parts: tuple[Part, ...]) -> Text:
    """The parts, printable, as one text."""
    text = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        text.append(printable(content), style=style)
    return text


def rows(text: Text, files: tuple[str, ...], console: Console) -> Iterator[Text]:
    """The rows to print: wrapped here, because the terminal would begin a row with any text."""
    width = max(console.width - len(MARGIN), NARROWEST) if console.is_terminal else None
    for number, line in enumerate(text.split("\n", allow_blank=True)):
        wrapped = line.wrap(console, width, tab_size=4) if width else [line]
        for count, row in enumerate(wrapped or [Text()]):
            yield row if number == count == 0 else Text(MARGIN, style="dim").append_text(row)
    for file in files:
        yield Text(FILE_MARGIN, style="dim").append(one_line(file))


class Lines:
    """Prints one item after another, and reads the input."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, *parts: Part, files: tuple[str, ...] = ()) -> None:
        """Show one thing. Text may have several lines; they cannot look like another message."""
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
                # Undecodable bytes arrive as surrogates, which the server would refuse, so they are
                # replaced.
                content = line.rstrip("\r\n").encode(errors="surrogateescape")
                text = content.decode(errors="replace").replace("\0", "\ufffd")
                loop.call_soon_threadsafe(queue.put_nowait, text)
            loop.call_soon_threadsafe(queue.put_nowait, None)

        # Reading cannot be interrupted, so the thread must not keep the process alive.
        threading.Thread(target=read, daemon=True).start()
        while (line := await queue.get()) is not None:
            yield line
