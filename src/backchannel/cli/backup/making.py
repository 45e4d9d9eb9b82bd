"""Making a backup beside a running server."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from backchannel import __version__
from backchannel.chat.uploads import thumbnail_key
from backchannel.cli.backup import folder as layout
from backchannel.cli.backup.folder import About, copy_private, digest_of
from backchannel.cli.output import ProgressReport
from backchannel.files.local import make_durable_dir, place_of
from backchannel.security.secret import FILE_NAME as KEY
from backchannel.settings import Settings
from backchannel.settings.private import write_private
from backchannel.storage import CannotOpen
from backchannel.storage.sql.sqlite.copying import CopiedFile, copy_database, files_in, still_names
from backchannel.storage.sql.sqlite.opening import path_of

KEPT = (KEY, "tls/certificate.crt", "tls/private.key")
"""Further files of the data folder that are copied if they exist."""


def local_files(settings: Settings) -> Path | None:
    """The folder with the contents of files; None if they are in an object store."""
    scheme, _, rest = settings.files_url.partition("://")
    return Path(rest) if scheme == "file" else None


def make_backup(settings: Settings, target: Path) -> list[str]:
    """Copy everything into the folder `target`, continuing where an earlier attempt ended.

    Returns the missing and damaged contents of files, a line each: they are not in the backup.
    Raises `CannotOpen`, `OSError`.
    """
    _claim(target)
    database = path_of(settings.storage_url)
    sums: dict[str, str] = {}
    unfinished = target / f"{layout.DATABASE}{layout.UNFINISHED}"
    copy_database(database, unfinished, ProgressReport("database").step)
    sums[layout.DATABASE] = layout.settle(unfinished, target / layout.DATABASE)
    contents = local_files(settings)
    problems = _copy_files(contents, database, target, sums) if contents else []
    for name in KEPT:
        unused = name == KEY and settings.jwt_secret is not None
        kept = f"{layout.DATA}/{name}"
        if (settings.data_dir / name).exists() and not unused:
            sums[kept] = copy_private(settings.data_dir / name, target / kept)
    about = About(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        files="copied" if contents else "elsewhere",
        files_url=None if contents else settings.files_url,
        key="copied" if f"{layout.DATA}/{KEY}" in sums else "set by the operator",
    )
    write_private(target / layout.ABOUT, msgspec.json.format(msgspec.json.encode(about)))
    sums[layout.ABOUT] = digest_of(target / layout.ABOUT)
    layout.write_sums(target, sums)
    return problems


def _claim(target: Path) -> None:
    """Take a folder for a backup: a new or empty one, or that of an unfinished backup."""
    if (target / layout.SUMS).exists():
        raise CannotOpen(f"{target} is a complete backup already; name another folder")
    make_durable_dir(target)
    names = {path.name for path in target.iterdir()}
    if names and layout.ABOUT not in names:
        raise CannotOpen(f"{target} is not empty, and not a backup that was begun; name another")
    if not names:
        write_private(target / layout.ABOUT, b"{}\n")


def damaged_files(files: Iterable[CopiedFile], contents: Path) -> list[str]:
    """The contents of these files that are missing or damaged."""
    problems: list[str] = []
    for _, key, digest in _contents_of(files):
        path = contents / place_of(key)
        try:
            whole = digest_of(path) == digest
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}")
        else:
            problems += [] if whole else [f"{path} is damaged"]
    return problems


def _contents_of(files: Iterable[CopiedFile]) -> list[tuple[str, str, str]]:
    """The id of the file, the key and the digest of each content."""
    return [
        (file.id, key, digest)
        for file in files
        for key, size, digest in (
            (file.id, file.size, file.sha256),
            (thumbnail_key(file.id), file.thumbnail_size, file.thumbnail_sha256),
        )
        if size or key == file.id
    ]


def _copy_files(contents: Path, database: Path, target: Path, sums: dict[str, str]) -> list[str]:
    wanted = _contents_of(files_in(target / layout.DATABASE))
    progress = ProgressReport("files")
    problems: list[str] = []
    for number, (file_id, key, digest) in enumerate(wanted, 1):
        name = f"{layout.FILES}/{place_of(key).as_posix()}"
        problem = _copy_content(contents / place_of(key), target / name, digest)
        if problem is None:
            sums[name] = digest
        elif still_names(database, file_id):
            problems.append(problem)
        progress.step(number, len(wanted))
    return problems


def _copy_content(source: Path, target: Path, digest: str) -> str | None:
    """Copy a content unless it was copied before; returns its fault, if any."""
    if target.exists() and digest_of(target) == digest:
        return None
    try:
        if copy_private(source, target) == digest:
            return None
    except FileNotFoundError:
        return f"{source} is missing"
    target.unlink()
    return f"{source} is damaged"
