"""The input of a message: Enter sends, other keys begin another line."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea


class Composer(TextArea):
    """Several lines and pastes are one message."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send"),
        Binding("shift+enter,alt+enter,ctrl+j", "line_break", "New line"),
    ]

    @dataclass
    class Submitted(Message):
        """The user wants to send this text."""

        text: str

    @dataclass
    class Typed(Message):
        """The user is writing."""

    @dataclass
    class LeftUpwards(Message):
        """The user wants to choose a message."""

    def write(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def action_cursor_up(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - as in TextArea
        if self.text:
            super().action_cursor_up(select)
        else:
            self.post_message(self.LeftUpwards())

    async def _on_key(self, event: Key) -> None:
        # A priority binding would overtake the letters that were typed just before.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_submit()
        else:
            await super()._on_key(event)

    def action_submit(self) -> None:
        if self.text.strip():
            self.post_message(self.Submitted(self.text))
            self.clear()

    def action_line_break(self) -> None:
        self.insert("\n")

    def on_text_area_changed(self) -> None:
        if self.text.strip() and not self.text.startswith("/"):
            self.post_message(self.Typed())
