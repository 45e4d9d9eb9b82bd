"""Output for people: results on standard output, all else on standard error, and questions."""

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backchannel.domain.errors import Invalid

INTERVAL = 2.0
"""Seconds between two lines of progress."""


def fail(*lines: str) -> None:
    """Print errors or progress on standard error, a line each."""
    for line in lines:
        print(f"backchannel: {line}", file=sys.stderr)


class ProgressReport:
    """Shows the progress of a part on standard error."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._next = time.monotonic() + INTERVAL

    def step(self, done: int, total: int) -> None:
        """Show that `done` of `total` is finished."""
        if total:
            self._say(f"{100 * done // total} %")

    def count(self, done: int) -> None:
        """Show that `done` is finished, if the total is unknown."""
        self._say(f"{done:,}")

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            fail(f"{self._part}: {text}")


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns that line up, whatever width their characters have."""
    from rich.cells import cell_len

    columns = list(zip(*rows, strict=True))[:-1]
    widths = [max(map(cell_len, column)) for column in columns]
    for *cells, last in rows:
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
        )
        print("  ".join([*padded, last]))


def own_command() -> str:
    """The command as the reader can run it: by name if it is on the PATH, else by path."""
    invoked = Path(sys.argv[0]).absolute()
    if invoked.name == "__main__.py":
        return f"{Path(sys.executable).name} -m backchannel"
    found = shutil.which("backchannel")
    if found and invoked.exists() and Path(found).samefile(invoked):
        return "backchannel"
    if invoked.is_relative_to(Path.cwd()):
        return str(invoked.relative_to(Path.cwd()))
    return str(invoked)


def confirm(question: str) -> None:
    """Ask, and go on only after a yes. Raises `Invalid`, `KeyboardInterrupt`."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().lower()
    if answer not in {"y", "yes"}:
        raise Invalid("nothing was changed")
