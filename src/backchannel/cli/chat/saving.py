"""The folder and the names under which files of messages are saved."""

import os
from pathlib import Path

from backchannel.cli.chat.text import one_line


def downloads() -> Path:
    """The folder in which files are saved (XDG user directories)."""
    named = os.environ.get("XDG_DOWNLOAD_DIR", "")
    return Path(named) if Path(named).is_absolute() else Path("~/Downloads").expanduser()


def free_path(folder: Path, name: str) -> Path:
    """A name that no file has in the folder, which is made if it is missing. Raises `OSError`.

    A name from the server is not a path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = Path(one_line(name).replace("/", "_").lstrip(".") or "file")
    number, path = 1, folder / plain
    while path.exists():
        number += 1
        path = folder / f"{plain.stem} ({number}){plain.suffix}"
    return path
