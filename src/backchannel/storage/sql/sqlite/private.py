"""File modes: only the user that the server runs as may read the database."""

import contextlib
import logging
import os
import stat
from pathlib import Path

SUFFIXES = ("", "-wal", "-shm", "-reserve", "-mark", "-commits")

_logger = logging.getLogger("backchannel.storage")


def make_private(path: Path) -> None:
    """Make the file if it is missing, and take from all others what they may read of it.

    SQLite gives the files that it makes beside the database the same mode. Raises `OSError` only
    where the file cannot be made.
    """
    # One that is there is not opened: closing it would end the locks that SQLite, on another
    # connection of this process, has on it.
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for suffix in SUFFIXES:
        _close_to_others(path.with_name(path.name + suffix))


def _close_to_others(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    if not mode & stat.S_IRWXO:
        return
    try:
        path.chmod(mode & ~stat.S_IRWXO)
    except OSError as error:
        _logger.warning(
            "%s can be read by every user of this machine (%s); run: chmod 600 %s",
            path,
            error.strerror,
            path,
        )
    else:
        _logger.warning("%s could be read by every user of this machine; it is closed now", path)
