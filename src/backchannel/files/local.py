"""Contents in a local folder.

Written here rather than through `obstore`, whose local store moves a file into its place but
syncs neither the file nor the folder, so that a power cut could leave an empty file (R20).
"""

import contextlib
import os
import shutil
import time
from pathlib import Path
from secrets import token_hex

from backchannel.domain.errors import Damaged
from backchannel.files.faults import on_disk

UNFINISHED = ".part"
_LEFT_BEHIND = 3_600
"""Seconds after which an unfinished content is that of a process that died."""


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
        for left in _unfinished(target, older_than=_LEFT_BEHIND):
            left.unlink(missing_ok=True)
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
        for left in _unfinished(target):
            left.unlink(missing_ok=True)

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
    """Make a folder if it is missing, so that it is there after a power cut as well."""
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
    """Unfinished contents for `target` that were last written so many seconds ago."""
    before = time.time() - older_than
    found: list[Path] = []
    for path in target.parent.glob(f"{target.name}.*{UNFINISHED}"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime <= before:
                found.append(path)
    return found
