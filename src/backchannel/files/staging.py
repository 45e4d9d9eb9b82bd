"""Uploads as far as they have come, each a file in one folder."""

import os
from pathlib import Path

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

    async def append(self, upload_id: str, chunk: bytes) -> None:
        await on_disk(lambda: _append(self.path(upload_id), chunk))

    async def truncate(self, upload_id: str, size: int) -> None:
        if await self.size(upload_id) > size:
            await on_disk(lambda: os.truncate(self.path(upload_id), size))

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
        for path in self._folder.iterdir():
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append(path: Path, chunk: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        rest = memoryview(chunk)
        while rest:
            rest = rest[file.write(rest) :]


def _sync(path: Path) -> None:
    if path.exists():
        with path.open("rb") as file:
            os.fsync(file.fileno())
