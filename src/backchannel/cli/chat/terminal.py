"""A terminal: one line is edited at the bottom, everything else scrolls above it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.filters import has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle
from rich.console import Console

from backchannel.cli.chat.screen import Status
from backchannel.cli.chat.text import Part, one_line, rows, styled

SHOWN_WAITING = 5
"""Messages that are shown while they wait to be sent; of more, only the number."""


COMMANDS = (
    "/people", "/history", "/search ", "/reply ", "/edit ", "/delete ", "/react ", "/block ",
    "/unblock ", "/help", "/quit",
)  # fmt: skip


class _Interrupt(Exception):
    """Ctrl-C on an empty line."""


class Terminal:
    """A `Screen` on a terminal. Pasted lines are one entry; Alt-Enter begins another line."""

    interactive = True

    def __init__(self, status: Callable[[], Status], names: Callable[[], Iterable[str]]) -> None:
        self.interrupted = False
        self._status = status
        self._note: tuple[str, float] = ("", 0.0)
        self._console = Console(highlight=False)
        self._rows: list[str] = []
        self._flushing: asyncio.Task[None] | None = None
        self._session: PromptSession[str] = PromptSession(
            self._prompt,
            rprompt=self._current_note,
            erase_when_done=True,  # the entry is shown when the server has it
            enable_suspend=True,
            reserve_space_for_menu=0,
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            completer=WordCompleter(lambda: _completions(names()), sentence=True),
            key_bindings=_keys(),
            prompt_continuation=lambda _width, _line, _wraps: "… ",
            refresh_interval=1.0,
            output=_output(),
        )

    def show(self, *parts: Part, files: tuple[str, ...] = ()) -> None:
        for row in rows(styled(parts), files, self._console):
            with self._console.capture() as captured:
                self._console.print(row, soft_wrap=True)
            self._rows.append(captured.get())
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    def note(self, text: str, seconds: float | None = None) -> None:
        until = float("inf") if seconds is None else time.monotonic() + seconds
        self._note = (one_line(text), until)
        self.refresh()

    def typed(self) -> str:
        return self._session.default_buffer.text

    def refresh(self) -> None:
        self._session.app.invalidate()

    async def flushed(self) -> None:
        if self._flushing is not None:
            await self._flushing

    async def lines(self) -> AsyncIterator[str]:
        entries: asyncio.Queue[str | None] = asyncio.Queue()
        # The next line can be typed while the one before it is being carried out.
        reading = asyncio.create_task(self._read(entries))
        try:
            while (entry := await entries.get()) is not None:
                yield entry
            await reading
        finally:
            reading.cancel()

    async def _read(self, entries: asyncio.Queue[str | None]) -> None:
        try:
            while True:
                entries.put_nowait(await self._session.prompt_async())
        except EOFError:
            pass
        except _Interrupt:
            self.interrupted = True
        finally:
            entries.put_nowait(None)

    async def _flush(self) -> None:
        await asyncio.sleep(0)  # what is shown at once is written at once
        while self._rows:
            await run_in_terminal(self._write)

    def _write(self) -> None:
        sys.stdout.write("".join(self._rows))
        sys.stdout.flush()
        self._rows.clear()

    def _prompt(self) -> StyleAndTextTuples:
        status = self._status()
        waiting = status.waiting[:SHOWN_WAITING]
        parts: StyleAndTextTuples = [
            ("ansibrightblack", f"waiting  {self._fitted(text)}\n") for text in waiting
        ]
        if len(status.waiting) > len(waiting):
            parts.append(("ansibrightblack", f"{len(status.waiting)} messages are waiting\n"))
        if not status.connected:
            parts.append(("ansired", "not connected "))
        return [*parts, ("bold", f"{one_line(status.peer)}> ")]

    def _fitted(self, text: str) -> str:
        line = styled((one_line(text),))
        line.truncate(max(self._console.width - len("waiting  ") - 1, 1), overflow="ellipsis")
        return line.plain

    def _current_note(self) -> StyleAndTextTuples:
        text, until = self._note
        return [("ansibrightblack", text if time.monotonic() < until else "")]


def _completions(names: Iterable[str]) -> list[str]:
    return [*COMMANDS, *(f"/with {name}" for name in names)]


def _output() -> Vt100_Output:
    output = Vt100_Output.from_pty(sys.stdout)
    output.enable_cpr = False  # the answer of a slow terminal would look like input
    return output


def _keys() -> KeyBindings:
    keys = KeyBindings()
    typing = has_focus("DEFAULT_BUFFER")

    @keys.add("c-c", filter=typing)
    @keys.add("<sigint>")
    def _(event: KeyPressEvent) -> None:
        """Clear the line; on an empty one, leave."""
        buffer = event.app.current_buffer
        if buffer.text:
            buffer.reset()
        else:
            event.app.exit(exception=_Interrupt)

    @keys.add("escape", "enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
