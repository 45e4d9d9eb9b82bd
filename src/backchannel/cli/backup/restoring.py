"""Replacing the data with a backup.

Everything is copied into `restoring.part` first. Only then is that folder renamed to `restoring`,
the old data are moved aside, and the contents of `restoring` take their place. As long as
`restoring` exists, no server starts (`app.locking`), and the same command can be run again. Other
files in the data folder, such as settings or backups, stay where they are.
"""

import os
import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from backchannel.app.locking import RESTORING
from backchannel.cli.backup import folder as layout
from backchannel.cli.backup.folder import copy_private
from backchannel.cli.backup.making import local_files
from backchannel.cli.output import ProgressReport
from backchannel.files.local import make_durable_dir, sync_dir
from backchannel.settings import Settings
from backchannel.storage import CannotOpen
from backchannel.storage.sql.sqlite.opening import path_of

ASIDE = "before-restore-"
BESIDE = ("", "-wal", "-shm", "-journal", "-mark", "-commits", "-reserve")
"""The ends of the names of the files that belong to a database."""


def put_back(settings: Settings, source: Path) -> list[Path]:
    """Replace the data by a checked backup; returns the paths of the old data.

    After an interrupted restore, the paths of all earlier restores are included. The caller has
    locked the folders. Raises `OSError`, `CannotOpen`.
    """
    data, database = settings.data_dir.resolve(), path_of(settings.storage_url).resolve()
    contents = local_files(settings)
    elsewhere = None if contents is None or contents.resolve() == data / layout.FILES else contents
    interrupted = (data / RESTORING).exists()
    _stage_whole(source, database, data, elsewhere)
    replaced = {"uploads"}
    if contents is not None and elsewhere is None:
        replaced.add(layout.FILES)
    aside = _exchange(database, data, replaced)
    if not interrupted:
        return aside
    return sorted(path for each in {data, database.parent} for path in each.glob(f"{ASIDE}*"))


def _exchange(database: Path, data: Path, replaced: Collection[str]) -> list[Path]:
    """Move the old data aside and the staged data into place; returns the paths of the old data.

    A key or certificate that is not in the backup stays: without it all logins would end.
    """
    stamp = f"{ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    staged = data / RESTORING
    files = {f"{database.name}{suffix}" for suffix in BESIDE}
    names = {*replaced, *files, *(path.name for path in staged.iterdir())}
    aside = _move_aside(data, data / stamp, names)
    if database.parent != data:
        aside += _move_aside(database.parent, database.parent / stamp, files)
        _move(_beside(database), database)
    for path in sorted(staged.iterdir()):
        _move(path, data / path.name)
    sync_dir(data)
    staged.rmdir()
    sync_dir(data)
    return aside


def _stage_whole(source: Path, database: Path, data: Path, contents: Path | None) -> None:
    """Stage the backup in a folder that exists only once it is complete."""
    staged = data / RESTORING
    part = staged.with_name(f"{RESTORING}{layout.UNFINISHED}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _stage(source, part, database, data, contents)
    except BaseException:
        # It may have filled the disk, and the server must be able to start with the old data.
        shutil.rmtree(part, ignore_errors=True)
        _beside(database).unlink(missing_ok=True)
        raise
    shutil.rmtree(staged, ignore_errors=True)
    part.rename(staged)
    sync_dir(data)


def _stage(source: Path, part: Path, database: Path, data: Path, contents: Path | None) -> None:
    """Copy the backup beside the data it will replace, and check the copies."""
    sums = layout.read_sums(source)
    progress = ProgressReport("copying")
    make_durable_dir(part)
    for number, (name, digest) in enumerate(sums.items(), 1):
        if name == layout.DATABASE:
            target = part / database.name if database.parent == data else _beside(database)
        elif name.startswith(f"{layout.DATA}/"):
            target = part / name.removeprefix(f"{layout.DATA}/")
        elif name.startswith(f"{layout.FILES}/"):
            # A content never changes: an existing file of this name is the same, or damaged.
            target = part / name if contents is None else contents / name.partition("/")[2]
        else:
            continue
        if copy_private(source / name, target) != digest:
            raise CannotOpen(f"{source / name} changed while it was being copied")
        progress.step(number, len(sums))
    for folder, _, _ in os.walk(part):
        sync_dir(Path(folder))


def _beside(database: Path) -> Path:
    """The place for the copy of a database that is not in the data folder."""
    return database.with_name(f"{database.name}.{RESTORING}")


def _move_aside(folder: Path, aside: Path, names: Collection[str]) -> list[Path]:
    """Move entries of a folder into one within it, which is returned if there are any."""
    entries = sorted(path for path in folder.iterdir() if path.name in names)
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
