"""The login of this device, kept so that the password is asked for once."""

import contextlib
import fcntl
import hashlib
import os

import msgspec

from backchannel.cli.chat.account import state_folder
from backchannel.settings.private import make_private_dir, write_private
from backchannel_client import Session


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

    def load(self) -> Session | None:
        """The tokens that were kept; None if there are none that can be read."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._path.read_bytes(), type=Session)
        return None

    def keep(self, session: Session | None) -> None:
        """Keep the tokens; None forgets them. Raises `OSError`."""
        if self._lock is None:
            return
        if session is None:
            self._path.unlink(missing_ok=True)
            return
        draft = self._path.with_suffix(".part")
        write_private(draft, msgspec.json.encode(session))
        draft.replace(self._path)
