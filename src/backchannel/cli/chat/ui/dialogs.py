"""Questions that are asked over the conversation."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from backchannel_client import ApiError


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that was found."""

    key: str
    text: str


Find = Callable[[str], Awaitable[Sequence[Choice]]]


class Ask(ModalScreen[str | None]):
    """Ask for one line; None if the user goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, given: str = "") -> None:
        super().__init__()
        self._question = question
        self._given = given

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False)
            yield Input(self._given)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        _ = self.dismiss(event.value.strip() or None)  # awaiting it here would never end


class Confirm(ModalScreen[bool]):
    """Ask for confirmation. Any key but Enter means no: the user may be writing a message."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "dismiss(True)", "Yes")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(f"{self._question} Enter: yes, any other key: no", markup=False)

    def on_key(self, event: Key) -> None:
        if event.key != "enter":
            event.stop()
            _ = self.dismiss(False)  # noqa: FBT003 - the answer; awaiting it would never end


class Choose(ModalScreen[str | None]):
    """Ask for words, find something with them, and let the user choose; None for nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("down", "app.focus_next", "Results", show=False),
    ]

    def __init__(self, question: str, find: Find) -> None:
        super().__init__()
        self._question = question
        self._find = find

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False)
            yield Input()
            yield OptionList(markup=False)
            yield Label("", markup=False, id="status")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.run_worker(self._look(event.value.strip()), exclusive=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        _ = self.dismiss(event.option.id)

    async def _look(self, words: str) -> None:
        status, found = self.query_one("#status", Label), self.query_one(OptionList)
        status.update("searching …")
        try:
            choices = await self._find(words)
        except ApiError as error:
            status.update(error.detail)
            return
        found.set_options(Option(choice.text, id=choice.key) for choice in choices)
        status.update("" if choices else "nothing was found")
        if choices:
            found.highlighted = 0
            found.focus()
