"""Detection of a database that was put back, shortened or replaced (rule R5).

Devices continue from positions that they keep themselves. Where acknowledged messages are gone,
positions are given out a second time, so every log needs a new epoch. Three things show it:

- `-mark`, a file beside the database that is written once and then never touched. It holds the
  same random text as the database, and the database keeps the moment of its last change (ctime),
  which no program can set. Copying the file changes that moment. But rsync copies only files
  whose size or time differs, so it leaves the mark of the same database alone.
- `-commits`, a file beside the database with the number of commits, written after each of them.
  The database counts them too. If it has counted fewer, a part of it is missing, most often the
  end of the write-ahead log. Each write sets both times of the file, mtime and ctime. If they
  differ, the file was put there with the mtime it had elsewhere, as rsync does.
- An older backup has no mark at all while the files beside it exist.

A whole file system that is set back to an earlier state is not noticed: nothing in it differs
(docs/decisions/0009-a-restore-is-noticed.md).
"""

import contextlib
import logging
import os
import secrets
import struct
from pathlib import Path
from typing import NamedTuple

from backchannel.storage.sql.sqlite.driver import Driver

READ = "SELECT mark, marked_at, commits FROM instance"
WRITE = "UPDATE instance SET mark = ?, marked_at = ?, commits = ?"
COUNT = "UPDATE instance SET commits = commits + 1 RETURNING commits"
CHANGE_EPOCHS = "UPDATE log_head SET epoch = lower(hex(randomblob(8)))"

TOLERANCE_NS = 1_000_000_000
"""The largest difference between the two times of a written file, on any file system."""

_NUMBER = struct.Struct("<Q")

_logger = logging.getLogger("backchannel.storage")


class _Instance(NamedTuple):
    """The identity that the database stores about itself."""

    mark: str | None
    marked_at: int | None
    commits: int


class CommitCount:
    """The number of commits, in a file beside the database.

    It is never ahead of the database: it is written once a commit is on disk. After `kill -9`
    it is exact, after a power cut it may be behind.
    """

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(_beside(path, "-commits"), os.O_RDWR | os.O_CREAT, 0o600)
        self._opened = contextlib.ExitStack()
        self._opened.callback(os.close, self._descriptor)

    def read(self) -> int | None:
        """The number, or None if there is none."""
        content = os.pread(self._descriptor, _NUMBER.size, 0)
        return _NUMBER.unpack(content)[0] if len(content) == _NUMBER.size else None

    def was_put_here(self) -> bool:
        """True if the file is a copy that kept the time of its original."""
        found = os.fstat(self._descriptor)
        return abs(found.st_ctime_ns - found.st_mtime_ns) > TOLERANCE_NS

    def note(self, commits: int) -> None:
        """Store the number. A full disk keeps the previous one."""
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, _NUMBER.pack(commits), 0)

    def close(self) -> None:
        self._opened.close()


def count_commit(driver: Driver) -> int:
    """Count the commit that is about to happen, within its transaction; returns its number."""
    cursor = driver.execute(COUNT)
    (commits,) = cursor.fetchone()
    # A statement that has not come to its end would keep the transaction from being committed.
    cursor.fetchone()
    number: int = commits
    return number


def begin_epoch(driver: Driver) -> None:
    """Give every log a new epoch, within a transaction: every device starts afresh."""
    driver.execute(CHANGE_EPOCHS)


def recognise(path: Path, driver: Driver, count: CommitCount) -> None:
    """Give all logs a new epoch if the database has changed since it was last used, and log it.

    Raises `OSError`, `sqlite3.Error`; then nothing has changed, and the next attempt finds the
    same.
    """
    # First the file, then the database: another process may be committing meanwhile.
    counted, copied = count.read(), count.was_put_here()
    instance = _read(driver)
    if instance.mark is not None and _change(path, instance, counted, copied=copied) is None:
        return
    driver.execute("BEGIN IMMEDIATE")
    try:
        counted = count.read()
        instance = _read(driver)
        change = _change(path, instance, counted, copied=copied)
        if change is not None:
            begin_epoch(driver)
        commits = max(instance.commits, counted or 0)
        mark, marked_at = _write_mark(path)
        driver.execute(WRITE, (mark, marked_at, commits))
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    count.note(commits)
    if change is not None:
        _logger.error(
            "%s has changed since it was last used: %s. All logs have a new epoch, so every device"
            " fetches its state afresh",
            path,
            change,
        )


def _change(path: Path, instance: _Instance, counted: int | None, *, copied: bool) -> str | None:
    """The change to the database since it was closed; None if none is noticed."""
    mark, marked_at = _read_mark(path)
    missing = (counted or 0) - instance.commits
    if instance.mark is None and mark is None and counted is None:
        return None  # it is new, or from a version that kept no mark
    changes = {
        "an older database was put in its place": instance.mark is None,
        "it was copied here, or its -mark or -commits file was removed": None in {mark, counted},
        "a copy was put in its place": mark != instance.mark,
        "it was put back together with the files beside it": marked_at != instance.marked_at,
        "it was put back over the newer files, or they were changed by another program": copied,
        f"{missing} commits are missing: an older copy was put in its place, or its -wal file"
        " was removed or shortened": missing > 0,
    }
    return next((change for change, is_so in changes.items() if is_so), None)


def _read(driver: Driver) -> _Instance:
    return _Instance(*driver.execute(READ).fetchone())


def _read_mark(path: Path) -> tuple[str | None, int]:
    """The mark and the moment at which its file was last changed, in nanoseconds."""
    try:
        with _beside(path, "-mark").open("rb") as file:
            moment = os.fstat(file.fileno()).st_ctime_ns
            return file.read(64).decode(errors="replace").strip(), moment
    except FileNotFoundError:
        return None, 0


def _write_mark(path: Path) -> tuple[str, int]:
    mark = secrets.token_hex(16)
    target = _beside(path, "-mark")
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, f"{mark}\n".encode())
        os.fsync(descriptor)
        return mark, os.fstat(descriptor).st_ctime_ns
    finally:
        os.close(descriptor)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
