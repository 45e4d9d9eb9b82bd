"""The user's choices, kept between starts."""

import contextlib
import os
from pathlib import Path

import msgspec


class _Kept(msgspec.Struct):
    theme: str = "textual-dark"


class Preferences:
    """One file for all accounts; if it cannot be read or written, the defaults apply."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _Kept()
        with contextlib.suppress(OSError, msgspec.DecodeError):
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)

    @property
    def theme(self) -> str:
        return self._kept.theme

    def keep(self, theme: str) -> None:
        """Keep the name of a theme."""
        self._kept.theme = theme
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(msgspec.json.encode(self._kept))


def preferences_file() -> Path:
    """The file of the preferences (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path("~/.config").expanduser()
    return home / "backchannel" / "chat.json"
