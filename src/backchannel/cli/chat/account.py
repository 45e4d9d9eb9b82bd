"""The server, this client's data for an account on it, and the stored login."""

import contextlib
import fcntl
import hashlib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from backchannel.settings.private import make_private_dir, write_private
from backchannel_client import Tokens


@dataclass(frozen=True, slots=True)
class ChosenServer:
    """A server's URL and trusted certificate. `host` is its name, if it differs from `url`.

    `is_default` is true if the user has named no server.
    """

    url: str
    tls: ssl.SSLContext | None = None
    host: str | None = None
    is_default: bool = False


def state_folder() -> Path:
    """The folder of this client's persistent data (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path("~/.local/state").expanduser()
    return home / "backchannel" / "chat"


def account_folder(url: str, user_id: str) -> Path:
    """The folder of one account on one server; no two of them share one."""
    # The id comes from the server, so it must not become a part of a path as it is.
    digest = hashlib.sha256(f"{url}\n{user_id}".encode()).hexdigest()[:16]
    return state_folder() / f"{quote(urlsplit(url).netloc, safe='')[:64]}-{digest}"


class StoredLogin:
    """The tokens of one user on one server, in a file that only its owner may read.

    A refresh token works once, so one program at a time uses the file.
    """

    def __init__(self, url: str, name: str) -> None:
        digest = hashlib.sha256(f"{url}\n{name.casefold()}".encode()).hexdigest()[:16]
        self._path = state_folder() / "logins" / f"{digest}.json"
        self._lock: int | None = None

    @property
    def is_acquired(self) -> bool:
        return self._lock is not None

    def acquire(self) -> bool:
        """Use the file until `release`. False if another program does."""
        make_private_dir(self._path.parent)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def load(self) -> Tokens | None:
        """The stored tokens; None if there are none that can be read."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._path.read_bytes(), type=Tokens)
        return None

    def keep(self, tokens: Tokens | None) -> None:
        """Store the tokens; None deletes them. Raises `OSError`."""
        if self._lock is None:
            return
        if tokens is None:
            self._path.unlink(missing_ok=True)
            return
        draft = self._path.with_suffix(".part")
        write_private(draft, msgspec.json.encode(tokens))
        draft.replace(self._path)
