"""SQLite databases that have their tables already: making them takes longer than most tests."""

import atexit
import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

from backchannel.storage.opening import open_storage

NAME = "test.db"
NEVER_OPENED = "UPDATE instance SET mark = NULL, marked_at = NULL, commits = 0"

_template: list[Path] = []


async def database_for(folder: Path) -> str:
    """The URL of the database that belongs to a folder, with all tables, made at the first call."""
    path = folder / NAME
    if not path.exists():
        if not _template:
            _template.append(await _with_tables())
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(_template[0], path)
    return f"sqlite:///{path}"


async def _with_tables() -> Path:
    folder = tempfile.mkdtemp(prefix="backchannel-sqlite-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / NAME
    await (await open_storage(f"sqlite:///{path}")).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(NEVER_OPENED)  # otherwise each copy would be taken for a restored backup
    return path
