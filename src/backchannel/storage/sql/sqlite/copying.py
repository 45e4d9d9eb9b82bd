"""Copies of a database that a server is writing, and a summary of such a copy."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from backchannel.storage import CannotOpen
from backchannel.storage.sql.migrations import needs_migration
from backchannel.storage.sql.sqlite.driver import BUSY_TIMEOUT
from backchannel.storage.sql.sqlite.health import find_damage

STEP = 2_048
"""Pages between two reports of progress: 8 MB."""

OnProgress = Callable[[int, int], None]
"""Called with the number of copied pages, and of all pages."""

_FILES = """
SELECT id, size, sha256, thumbnail_size, thumbnail_sha256 FROM file
WHERE condemned_at IS NULL ORDER BY id
"""
_STILL_THERE = "SELECT count(*) FROM file WHERE id = ? AND condemned_at IS NULL"


class CopiedFile(msgspec.Struct, frozen=True):
    """A file that the database names: its contents have these sizes and digests."""

    id: str
    size: int
    sha256: str
    thumbnail_size: int
    thumbnail_sha256: str


class Summary(msgspec.Struct, frozen=True):
    """The contents of a database in numbers."""

    schema: str
    users: int
    messages: int
    files: int


def copy_database(source: Path, target: Path, progress: OnProgress) -> None:
    """Copy a database as it is at this moment, while others continue to write to it.

    The copy is read in one snapshot, which holds up no other work; meanwhile the write-ahead log
    grows. Raises `CannotOpen`.
    """
    target.unlink(missing_ok=True)
    # Made here, because SQLite would give it a mode that others may read.
    target.touch(mode=0o600)
    try:
        with _reading(source) as origin, closing(sqlite3.connect(target)) as copy:
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            origin.backup(
                copy,
                pages=STEP,
                progress=lambda _, remaining, total: progress(total - remaining, total),
            )
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.Error as error:
        raise CannotOpen(f"{source} cannot be copied to {target}: {error}") from error


def inspect_copy(path: Path) -> Summary:
    """Summarise a database that is not open. Raises `CannotOpen` if it cannot be used."""
    try:
        with _reading_alone(path) as database:
            finding = find_damage(database)
            if finding is not None:
                raise CannotOpen(f"{path} is damaged: {finding}")
            (schema,) = database.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            needs_migration(schema, name=str(path))
            counts = (
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - no input in it
                for table in ("account", "message", "file")
            )
            return Summary(str(schema), *counts)
    except sqlite3.Error as error:
        raise CannotOpen(f"{path} is not a Backchannel database: {error}") from error


def files_in(path: Path) -> Iterator[CopiedFile]:
    """The files that a database names, which others may have open."""
    with _reading(path) as database:
        for row in database.execute(_FILES):
            yield CopiedFile(*row)


def still_names(path: Path, file_id: str) -> bool:
    """True if a database, which others may have open, still names a file."""
    with _reading(path) as database:
        return bool(database.execute(_STILL_THERE, [file_id]).fetchone()[0])


@contextmanager
def _reading(path: Path) -> Generator[sqlite3.Connection]:
    if not path.exists():
        raise CannotOpen(f"{path} does not exist")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        database.execute("PRAGMA query_only = ON")
        yield database


@contextmanager
def _reading_alone(path: Path) -> Generator[sqlite3.Connection]:
    """A read-only connection, without any lock or file beside the database."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as database:
        yield database
