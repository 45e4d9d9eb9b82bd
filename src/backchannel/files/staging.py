"""Uploads as far as they have come, each a file in one folder."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from backchannel.domain.errors import Conflict
from backchannel.files.faults import on_disk
from backchannel.files.local import make_durable_dir


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
            raise Conflict(f"the upload has come to byte {size}", field="upload-offset")
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
