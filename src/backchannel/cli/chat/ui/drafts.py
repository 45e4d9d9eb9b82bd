"""The texts that are being written, kept on disk until they are sent."""

import contextlib
from pathlib import Path

import msgspec

from backchannel.settings.private import make_private_dir, write_private


class Drafts:
    """One account's drafts by conversation; if they cannot be stored, they end with the program."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[str, str] = {}
        with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            self._texts = msgspec.json.decode(path.read_bytes(), type=dict[str, str])

    def text(self, conversation_id: str) -> str:
        """The draft for a conversation, "" if there is none."""
        return self._texts.get(conversation_id, "")

    def keep(self, conversation_id: str, text: str) -> None:
        """Store a draft; "" deletes it."""
        if text == self.text(conversation_id):
            return
        self._texts[conversation_id] = text
        kept = {key: each for key, each in self._texts.items() if each.strip()}
        part = self._path.with_suffix(".part")
        with contextlib.suppress(OSError):
            make_private_dir(self._path.parent)
            write_private(part, msgspec.json.encode(kept))
            part.replace(self._path)
