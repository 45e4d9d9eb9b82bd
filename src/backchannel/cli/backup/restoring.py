"""Putting a backup in the place of the data.

Everything is copied into `restoring.part` first. Only then is that folder renamed to `restoring`,
what was there is moved aside, and what is in `restoring` moves up. As long as `restoring` is there,
no server starts (`app.locking`), and the same command begins anew.
"""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from backchannel.app.locking import RESTORING, SERVER_LOCK
from backchannel.cli.backup import folder as layout
from backchannel.cli.backup.folder import copy_private
from backchannel.cli.backup.making import local_files
from backchannel.cli.backup.progress import Progress
from backchannel.files.local import make_durable_dir, sync_dir
from backchannel.settings import Settings
from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.sqlite.opening import path_of

ASIDE = "before-restore-"


def put_back(settings: Settings, source: Path) -> list[Path]:
    """Replace the data by a backup that was checked; where the old data are.

    The folders are locked. Raises `OSError`, `CannotOpen`.
    """
    data, database = settings.data_dir.resolve(), path_of(settings.storage_url).resolve()
    contents = local_files(settings)
    inside = contents is None or contents.resolve() == data / layout.FILES
    stamp = f"{ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    staged = data / RESTORING
    part = staged.with_name(f"{RESTORING}{layout.UNFINISHED}")
    shutil.rmtree(part, ignore_errors=True)
    _stage(source, part, database, data, contents if not inside else None)
    shutil.rmtree(staged, ignore_errors=True)
    part.rename(staged)
    sync_dir(data)

    aside = _move_aside(data, data / stamp, lambda path: _is_data(path, database))
    if database.parent != data:
        aside += _move_aside(
            database.parent, database.parent / stamp, lambda path: _is_database(path, database)
        )
        _move(database.with_name(f"{database.name}.{RESTORING}"), database)
    for path in sorted(staged.iterdir()):
        _move(path, data / path.name)
    sync_dir(data)
    staged.rmdir()
    sync_dir(data)
    return aside


def _stage(source: Path, part: Path, database: Path, data: Path, contents: Path | None) -> None:
    """Copy the backup beside what it will replace, and check that the copies are right."""
    sums = layout.read_sums(source)
    progress = Progress("copying")
    make_durable_dir(part)
    for number, (name, digest) in enumerate(sums.items(), 1):
        if name == layout.DATABASE:
            beside = database.with_name(f"{database.name}.{RESTORING}")
            target = part / database.name if database.parent == data else beside
        elif name.startswith(f"{layout.DATA}/"):
            target = part / name.removeprefix(f"{layout.DATA}/")
        elif name.startswith(f"{layout.FILES}/"):
            # A content never changes: what is there already under its name is the same, or worse.
            target = part / name if contents is None else contents / name.partition("/")[2]
        else:
            continue
        if copy_private(source / name, target) != digest:
            raise CannotOpen(f"{source / name} changed while it was being copied")
        progress.step(number, len(sums))
    for folder, _, _ in os.walk(part):
        sync_dir(Path(folder))


def _is_data(path: Path, database: Path) -> bool:
    """True for an entry of the data folder that is replaced."""
    stays = {SERVER_LOCK, f"{database.name}-lock", RESTORING}
    return path.name not in stays and not path.name.startswith(ASIDE)


def _is_database(path: Path, database: Path) -> bool:
    beside = ("", "-wal", "-shm", "-mark", "-commits", "-reserve")
    return path.name in {f"{database.name}{suffix}" for suffix in beside}


def _move_aside(folder: Path, aside: Path, moves: Callable[[Path], bool]) -> list[Path]:
    """Move some entries of a folder into one within it, which is returned if there are any."""
    entries = sorted(filter(moves, folder.iterdir()))
    if not entries:
        return []
    make_durable_dir(aside)
    for path in entries:
        _move(path, aside / path.name)
    sync_dir(aside)
    sync_dir(folder)
    return [aside]


def _move(source: Path, target: Path) -> None:
    source.rename(target)
    sync_dir(target.parent)
