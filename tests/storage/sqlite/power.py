"""A disk whose power can be cut: only synced bytes of SQLite's files survive.

Writes go to real files; next to each, a copy of what is durable is kept in memory, which a sync
brings up to date. A cut writes these copies to another folder. Drives may also have written some of
the unsynced blocks: `survivors` picks them.
"""

import errno
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from backchannel.storage.sql.sqlite.driver import Cursor

BLOCK = 4096


class Image:
    """The durable blocks of one file, and those that have changed since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.durable = path.read_bytes() if path.exists() else b""
        self.dirty: set[int] = set()

    def touch(self, offset: int, length: int) -> None:
        self.dirty.update(range(offset // BLOCK, (offset + length - 1) // BLOCK + 1))

    def sync(self) -> None:
        self.durable = self.path.read_bytes()
        self.dirty.clear()

    def after_cut(self, rng: random.Random | None) -> bytes:
        """The durable bytes, and with a generator also a random choice of the others."""
        if rng is None or not self.dirty:
            return self.durable
        current = self.path.read_bytes()
        content = bytearray(self.durable)
        for block in sorted(self.dirty):
            if rng.random() < 0.5:
                part = current[block * BLOCK : (block + 1) * BLOCK]
                content.extend(bytes(max(0, block * BLOCK + len(part) - len(content))))
                content[block * BLOCK : block * BLOCK + len(part)] = part
        return bytes(content)


class Disk(apsw.VFS):
    """The file system whose power can be cut; `on_sync` is called before and after each sync."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.images: dict[str, Image] = {}
        self.on_sync: Callable[[], None] = lambda: None
        self.fail_write: Exception | None = None
        self.fail_sync: Exception | None = None
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return DiskFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001
        super().xDelete(filename, syncdir)
        self.images.pop(filename, None)

    def cut(self, folder: Path, rng: random.Random | None = None) -> Path:
        """The database as it would be found after the power has returned."""
        folder.mkdir()
        for name, image in self.images.items():
            (folder / Path(name).name).write_bytes(image.after_cut(rng))
        return folder


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._image: Image | None = None
        super().__init__("", name, flags)
        if path is not None:
            self._image = disk.images.setdefault(path, Image(Path(path)))

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.fail_write is not None:
            raise self._disk.fail_write
        super().xWrite(data, offset)
        if self._image is not None:
            self._image.touch(offset, len(data))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        if self._image is not None:
            self._image.dirty = {block for block in self._image.dirty if block * BLOCK < newsize}

    def xSync(self, flags: int) -> None:
        self._disk.on_sync()
        if self._disk.fail_sync is not None:
            raise self._disk.fail_sync
        super().xSync(flags)
        if self._image is not None:
            self._image.sync()
        self._disk.on_sync()


class ApswDriver:
    """An apsw connection that behaves like one of the standard library's."""

    def __init__(self, path: Path, disk: Disk, pragmas: dict[str, str]) -> None:
        self._connection = apsw.Connection(str(path.resolve()), vfs=disk.name)
        self._pragmas = pragmas

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        try:
            cursor = self._connection.execute(self._pragmas.get(sql, sql), parameters)
        except apsw.Error as error:
            raise translated(error) from error
        return ApswCursor(cursor, self._connection.changes())

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


class ApswCursor:
    def __init__(self, cursor: apsw.Cursor, rowcount: int) -> None:
        self._cursor = cursor
        self.rowcount = rowcount

    def fetchone(self) -> Any:
        return self._cursor.fetchone()


def translated(error: apsw.Error) -> sqlite3.OperationalError:
    """The corresponding error of the standard library."""
    code = getattr(error, "extendedresult", 0)
    same = sqlite3.OperationalError(str(error))
    same.sqlite_errorcode = code
    names = apsw.mapping_extended_result_codes | apsw.mapping_result_codes
    same.sqlite_errorname = str(names.get(code, code))
    return same


def fault(kind: type[apsw.Error], code: int) -> apsw.Error:
    """An error that the file system reports."""
    error = kind("injected")
    error.result, error.extendedresult = code & 0xFF, code  # type: ignore[attr-defined]
    return error


def read_only(*_: object, **__: object) -> None:
    """Replace any change to a file, on a read-only file system."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
