"""Text of other users, laid out so that it cannot pretend to be anything else."""

from collections.abc import Iterator

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
"""Embeddings, overrides and isolates: they would also turn what stands beside them around."""
_MARKS = {0x200E, 0x200F, 0x061C}
"""Invisible letters of a direction (UAX 9, section 2.6)."""
_HARMLESS = {
    **dict.fromkeys({*_CONTROLS, *_SURROGATES, *_REORDERING}, "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys(_MARKS, ""),
    **dict.fromkeys({0x0B, 0x0C, 0x85, 0x2028, 0x2029}, "\n"),
}

Part = str | tuple[str, str]
"""Text, or text with its style."""


def harmless(text: str) -> str:
    """The text without what could control the terminal or reorder its surroundings."""
    return text.replace("\r\n", "\n").translate(_HARMLESS)


def one_line(text: str) -> str:
    """The text in one line, for a name or a quotation."""
    return " ".join(harmless(text).split())


def described(file: FileInfo) -> str:
    """A file in a few words: its name, type and size."""
    size, unit = float(file.size), 0
    while size >= 1_000 and unit < len(UNITS) - 1:
        size, unit = size / 1_000, unit + 1
    amount = f"{size:.0f}" if unit == 0 else f"{size:.1f}"
    pixels = f", {file.width} by {file.height} pixels" if file.width and file.height else ""
    return one_line(f"{file.name} ({file.type}, {amount} {UNITS[unit]}{pixels})")


def styled(parts: tuple[Part, ...]) -> Text:
    """The parts, harmless, as one text."""
    text = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        text.append(harmless(content), style=style)
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
