"""Contents and unfinished uploads in local folders.

Written here rather than through `obstore`, whose local store moves a file into its place but
syncs neither the file nor the folder, so that a power cut could leave an empty file (R20).
"""

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from backchannel.budgets.threads import in_thread
from backchannel.domain.errors import Conflict, Damaged, Unavailable

T = TypeVar("T")

_FULL = {errno.ENOSPC, errno.EDQUOT}


async def on_disk(work: Callable[[], T]) -> T:
    """Do `work` in a thread, and wait for its end. Raises `Unavailable` if the disk refuses."""
    try:
        return await in_thread(work)
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("the disk is full; nothing was stored", retry_after=5) from error
        raise Unavailable(
            f"the disk reported an error ({error.strerror})", retry_after=1
        ) from error


UNFINISHED = ".part"
_LEFT_BEHIND = 3_600
"""Seconds after which an unfinished content counts as left behind by a process that died."""


class LocalStore:
    """Implements `ports.files.BlobStore`; 256 folders keep each of them short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_durable_dir(folder)

    async def put(self, key: str, source: Path) -> None:
        await on_disk(lambda: self._put(key, source))

    async def read(self, key: str, start: int, length: int) -> bytes:
        return await on_disk(lambda: self._read(key, start, length))

    async def delete(self, key: str) -> None:
        await on_disk(lambda: self._delete(key))

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    def _path(self, key: str) -> Path:
        return self._folder / place_of(key)

    def _put(self, key: str, source: Path) -> None:
        target = self._path(key)
        make_durable_dir(target.parent)
        for leftover in _unfinished(target, older_than=_LEFT_BEHIND):
            leftover.unlink(missing_ok=True)
        # A unique name: another process may put the same content.
        unfinished = target.with_name(f"{target.name}.{token_hex(8)}{UNFINISHED}")
        with source.open("rb") as content, unfinished.open("wb") as copy:
            shutil.copyfileobj(content, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        unfinished.replace(target)
        sync_dir(target.parent)

    def _delete(self, key: str) -> None:
        target = self._path(key)
        target.unlink(missing_ok=True)
        for leftover in _unfinished(target):
            leftover.unlink(missing_ok=True)

    def _read(self, key: str, start: int, length: int) -> bytes:
        try:
            with self._path(key).open("rb", buffering=0) as content:
                return os.pread(content.fileno(), length, start)
        except FileNotFoundError:
            raise Damaged("the content of this file is missing") from None


def place_of(key: str) -> Path:
    """The path of a key's content, relative to the folder."""
    # The end of a UUIDv7 is random, its beginning is the time.
    name = key.partition(".")[0]
    return Path(name[-2:], key)


def make_durable_dir(folder: Path) -> None:
    """Make a folder if it is missing, so that it exists even after a power cut."""
    if folder.is_dir():
        return
    make_durable_dir(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_dir(folder.parent)


def sync_dir(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unfinished(target: Path, *, older_than: float = 0) -> list[Path]:
    """Unfinished contents for `target` last written more than `older_than` seconds ago."""
    before = time.time() - older_than
    found: list[Path] = []
    for path in target.parent.glob(f"{target.name}.*{UNFINISHED}"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime <= before:
                found.append(path)
    return found


class LocalStaging:
    """Implements `ports.files.Staging`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_durable_dir(folder)

    def path(self, upload_id: str) -> Path:
        return self._folder / upload_id

    async def size(self, upload_id: str) -> int:
        return await on_disk(lambda: _size(self.path(upload_id)))

    async def append(self, upload_id: str, offset: int, chunk: bytes) -> None:
        await on_disk(lambda: _append(self.path(upload_id), offset, chunk))

    async def take_back(self, upload_id: str, start: int, end: int) -> None:
        await on_disk(lambda: _take_back(self.path(upload_id), start, end))

    async def sync(self, upload_id: str) -> None:
        await on_disk(lambda: _sync(self.path(upload_id)))

    async def discard(self, upload_id: str) -> None:
        await on_disk(lambda: self._discard(upload_id))

    async def sweep(self, *, before: int) -> None:
        await on_disk(lambda: self._sweep(before / 1_000))

    def _discard(self, upload_id: str) -> None:
        for path in self._folder.glob(f"{upload_id}*"):
            path.unlink(missing_ok=True)

    def _sweep(self, before: float) -> None:
        for path in self._folder.glob("*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def _locked(path: Path) -> Generator[FileIO]:
    """The file, opened for appending; no other process writes to it meanwhile."""
    with path.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _append(path: Path, offset: int, chunk: bytes) -> None:
    make_durable_dir(path.parent)  # it may have been deleted while the server runs
    with _locked(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != offset:
            raise Conflict(
                f"the upload is at byte {size}; continue from there", field="upload-offset"
            )
        rest = memoryview(chunk)
        while rest:
            rest = rest[file.write(rest) :]


def _take_back(path: Path, start: int, end: int) -> None:
    if path.exists():
        with _locked(path) as file:
            if os.fstat(file.fileno()).st_size == end:
                file.truncate(start)


def _sync(path: Path) -> None:
    if path.exists():
        with path.open("rb") as file:
            os.fsync(file.fileno())
