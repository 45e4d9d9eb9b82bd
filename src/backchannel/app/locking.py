"""Locks on the data folder and the database: one server, and commands beside it.

All locks are made with `flock` and end with their process, so `kill -9` leaves none behind:

- exclusive on `server.lock` in the data folder, and on the file beside the database whose name
  ends in `-lock`: held by a server, so that only one runs; servers that a bus connects share it;
- on the folders themselves: shared by every process that has the database open, exclusive for one
  that replaces it.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backchannel.settings import Settings
from backchannel.settings.private import make_private_dir
from backchannel.storage import CannotOpen
from backchannel.storage.opening import file_of

SERVER_LOCK = "server.lock"
RESTORING = "restoring"
"""A folder in the data folder that exists while a restore moves files; see `cli.backup`."""
ATTEMPTS = 3
"""The number of attempts to lock a folder that is being replaced."""


@contextmanager
def locked_for_server(settings: Settings) -> Generator[None]:
    """Keep other servers, `migrate` and `restore` away. Raises `CannotOpen`."""
    with ExitStack() as held, _clearly(settings):
        for folder in _folders(settings):
            held.enter_context(_folder(folder, fcntl.LOCK_SH, _replaced))
        kind = fcntl.LOCK_SH if settings.joined else fcntl.LOCK_EX
        for path in _lock_files(settings):
            held.enter_context(_file(path, kind))
        require_whole(settings)
        yield


@contextmanager
def locked_for_command(settings: Settings) -> Generator[None]:
    """Keep `restore` away; a server may run. Raises `CannotOpen`."""
    with ExitStack() as held, _clearly(settings):
        for folder in _folders(settings):
            held.enter_context(_folder(folder, fcntl.LOCK_SH, _replaced))
        require_whole(settings)
        yield


@contextmanager
def locked_alone(settings: Settings, *urls: str, repairing: bool = False) -> Generator[None]:
    """Keep servers and all other commands away from the data folder and its database.

    With `urls`, lock these databases instead. Unless `repairing`, an interrupted restore of the
    folder is refused. Raises `CannotOpen`.
    """
    with ExitStack() as held, _clearly(settings, *urls):
        for path in _lock_files(settings, *urls):
            held.enter_context(_file(path))
        for folder in _folders(settings, *urls):
            held.enter_context(_folder(folder, fcntl.LOCK_EX, _busy))
        if not repairing:
            require_whole(settings)
        yield


@contextmanager
def _clearly(settings: Settings, *urls: str) -> Generator[None]:
    try:
        for folder in _folders(settings, *urls):
            make_private_dir(folder)
    except OSError as error:
        raise CannotOpen(f"{error.filename} cannot be made: {error.strerror}") from None
    yield


def require_whole(settings: Settings) -> None:
    """Raise `CannotOpen` if a restore was interrupted."""
    if (settings.data_dir / RESTORING).exists():
        raise CannotOpen(
            f"a restore of {settings.data_dir.resolve()} was interrupted; run `backchannel restore`"
            " again"
        )


def _folders(settings: Settings, *urls: str) -> list[Path]:
    """The data folder and the folder of the database, which are usually the same."""
    data = settings.data_dir.resolve()
    return sorted({data, *(file.parent for file in _databases(settings, *urls))})


def _lock_files(settings: Settings, *urls: str) -> list[Path]:
    server = settings.data_dir.resolve() / SERVER_LOCK
    files = _databases(settings, *urls)
    return [server, *(file.with_name(f"{file.name}-lock") for file in files)]


def _databases(settings: Settings, *urls: str) -> list[Path]:
    """The files of the databases, in a fixed order."""
    files = {file_of(url) for url in urls or (settings.storage_url,)}
    return sorted(file for file in files if file is not None)


@contextmanager
def _folder(path: Path, kind: int, refusal: Callable[[Path], CannotOpen]) -> Generator[None]:
    for _ in range(ATTEMPTS):
        descriptor = _opened(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if not _lock(descriptor, kind):
                raise refusal(path)
            if _is_still_at(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)
    raise refusal(path)


@contextmanager
def _file(path: Path, kind: int = fcntl.LOCK_EX) -> Generator[None]:
    for _ in range(ATTEMPTS):
        descriptor = _opened(path, os.O_RDWR | os.O_CREAT)
        try:
            if not _lock(descriptor, kind):
                raise _served(path, os.pread(descriptor, 20, 0))
            if _is_still_at(descriptor, path):
                os.truncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                yield
                return
        finally:
            os.close(descriptor)
    raise _served(path, b"")


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except OSError as error:
        raise CannotOpen(f"{path} cannot be opened: {error.strerror}") from None


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still_at(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _served(path: Path, holder: bytes) -> CannotOpen:
    number = holder.decode(errors="replace").strip()
    process = f" (process {number})" if number.isdecimal() else ""
    return CannotOpen(
        f"{path.parent} is in use by another server{process}; stop it, or name another folder"
        " with --data-dir. Several servers need PostgreSQL, and a bus that all of them name"
        " (bus.url)"
    )


def _replaced(path: Path) -> CannotOpen:
    return CannotOpen(f"{path} is being restored; wait until that is done")


def _busy(path: Path) -> CannotOpen:
    return CannotOpen(f"{path} is in use by another command; wait until it is done")
