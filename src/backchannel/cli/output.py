"""Output for people: results on standard output, everything else on standard error."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path


def fail(*lines: str) -> None:
    """Say what went wrong, or is going on, a line each."""
    for line in lines:
        print(f"backchannel: {line}", file=sys.stderr)


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
