"""The text of a message in the timeline, wrapped so that it cannot look like another message."""

from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

INDENT = 2


@dataclass
class Block:
    """A heading, and below it paragraphs: each of their rows is indented, also a wrapped one."""

    head: Text | None = None
    paragraphs: list[Text] = field(default_factory=list[Text])

    def add(self, content: str | Text, style: str = "") -> None:
        """Begin another paragraph."""
        self.paragraphs.append(content if isinstance(content, Text) else Text(content, style))

    def append(self, content: str, style: str = "") -> None:
        """Continue the last paragraph."""
        if not self.paragraphs:
            self.paragraphs.append(Text())
        self.paragraphs[-1].append(content, style)

    def __str__(self) -> str:
        """The text without its style, not wrapped."""
        rows = [row for each in self.paragraphs for row in each.plain.split("\n")]
        indented = [f"{' ' * INDENT}{row}" for row in rows]
        return "\n".join([self.head.plain, *indented] if self.head else indented)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.head is not None:
            yield self.head
        for paragraph in self.paragraphs:
            yield Padding(paragraph, (0, 0, 0, INDENT))
