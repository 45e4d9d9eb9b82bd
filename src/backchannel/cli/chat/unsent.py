"""Messages that no server has acknowledged yet, kept on disk until one does."""

import contextlib
import hashlib
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from backchannel.settings.private import make_private_dir, sync_directory, write_private


class Message(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="send"):
    """A message as it is sent (docs/protocol.md). `to` is a user's id."""

    client_id: str
    to: str
    body: str
    reply_to: int | None = None


def state_folder() -> Path:
    """Where this client keeps what must outlive it (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path("~/.local/state").expanduser()
    return home / "backchannel" / "chat"


def account_folder(url: str, user_id: str) -> Path:
    """The folder of one account on one server; no two of them share one."""
    # The id comes from the server, so it must not become a part of a path as it is.
    digest = hashlib.sha256(f"{url}\n{user_id}".encode()).hexdigest()[:16]
    return state_folder() / f"{quote(urlsplit(url).netloc, safe='')[:64]}-{digest}"


class UnsentMessages:
    """One file for each message, named by its `client_id`, readable by its owner only.

    Several programs may share the folder: a message that two of them send is stored once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, message: Message) -> None:
        """Write a message to the disk; it is there when this returns. Raises `OSError`."""
        make_private_dir(self.folder)
        path = self._path(message.client_id)
        draft = path.with_suffix(".part")
        write_private(draft, msgspec.json.encode(message))
        draft.replace(path)
        sync_directory(self.folder)

    def forget(self, client_id: str) -> None:
        """Delete a message that needs no sending any more."""
        with contextlib.suppress(OSError):  # sent again, it would not be stored again
            self._path(client_id).unlink()

    def left(self) -> tuple[list[Message], list[Path]]:
        """The messages of earlier, in the order they were typed, and files that are damaged."""
        messages: list[Message] = []
        damaged: list[Path] = []
        # Ids of version 7 sort by the time they were made.
        for path in sorted(self.folder.glob("*.json")):
            try:
                messages.append(msgspec.json.decode(path.read_bytes(), type=Message))
            except (OSError, msgspec.DecodeError):
                damaged.append(path)
        return messages, damaged

    def _path(self, client_id: str) -> Path:
        return self.folder / f"{client_id}.json"
