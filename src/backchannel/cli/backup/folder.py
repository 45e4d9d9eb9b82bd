"""The folder of a backup: its parts, the list of their checksums, and its check.

| | |
|---|---|
| `SHA256SUMS` | the checksum of each other file; written last, so a folder with it is complete |
| `backup.json` | its time, the version that made it, and the parts it lacks |
| `backchannel.db` | the database |
| `data/` | keys and other small files of the data folder |
| `files/` | the contents of files, as the server's own folder has them |
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from backchannel.cli.output import ProgressReport
from backchannel.files.local import make_durable_dir, sync_dir
from backchannel.settings.private import write_private
from backchannel.storage import CannotOpen
from backchannel.storage.sql.sqlite.copying import Summary, inspect_copy

SUMS = "SHA256SUMS"
ABOUT = "backup.json"
DATABASE = "backchannel.db"
DATA = "data"
FILES = "files"
UNFINISHED = ".part"
CHUNK = 1 << 20

MOST_NAMED = 10
"""Faults that are named one by one."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a backup. `files`: contents were copied, or stay in an object store."""

    format: Literal[1] = 1
    made_at: str
    version: str
    files: Literal["copied", "elsewhere"]
    files_url: str | None = None
    key: Literal["copied", "set by the operator"]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_private(source: Path, target: Path) -> str:
    """Copy a file so that only its owner may read it, durably and whole; returns its SHA-256."""
    make_durable_dir(target.parent)
    unfinished = target.with_name(target.name + UNFINISHED)
    digest = hashlib.sha256()
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as content, os.fdopen(descriptor, "wb") as copy:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    unfinished.replace(target)
    return digest.hexdigest()


def settle(unfinished: Path, target: Path) -> str:
    """Give a complete file its final name, once it is on disk; returns its SHA-256."""
    descriptor = os.open(unfinished, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.replace(target)
    return digest_of(target)


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    """Complete a backup with the list of its checksums, as `sha256sum --check` reads it."""
    for parent in {(folder / name).parent for name in sums}:
        sync_dir(parent)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
    write_private(folder / f"{SUMS}{UNFINISHED}", "".join(lines).encode())
    (folder / f"{SUMS}{UNFINISHED}").replace(folder / SUMS)
    sync_dir(folder)


def read_sums(folder: Path) -> dict[str, str]:
    """The checksums by name. Raises `CannotOpen` if the list is missing or invalid."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        raise CannotOpen(_without_sums(folder)) from None
    except UnicodeDecodeError:
        raise CannotOpen(f"{folder / SUMS} is damaged") from None
    return dict(_read_line(folder, line) for line in lines)


def _without_sums(folder: Path) -> str:
    if not folder.exists():
        return f"{folder} does not exist"
    if not folder.is_dir():
        return f"{folder} is not a folder: unpack the backup first"
    if not (folder / ABOUT).exists():
        return f"{folder} is not a backup: it has no {SUMS}"
    return (
        f"{folder} is not a complete backup: it has no {SUMS}; run `backchannel backup` on it again"
    )


def _read_line(folder: Path, line: str) -> tuple[str, str]:
    digest, separator, name = line.partition("  ")
    path = PurePosixPath(name)
    if not separator or len(digest) != 64 or path.is_absolute() or ".." in path.parts:
        raise CannotOpen(f"{folder / SUMS} is damaged: {line[:100]!r}")
    return name, digest


def read_about(folder: Path) -> About:
    """Read the description of a backup. Raises `CannotOpen`."""
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.DecodeError) as error:
        raise CannotOpen(f"{folder / ABOUT} cannot be read: {error}") from None


def faults_in(
    folder: Path, sums: dict[str, str], progress: Callable[[int, int], None]
) -> Iterator[str]:
    """The missing or damaged parts of a backup, a line each."""
    for number, (name, digest) in enumerate(sums.items(), 1):
        try:
            if digest_of(folder / name) != digest:
                yield f"{folder / name} is damaged"
        except FileNotFoundError:
            yield f"{folder / name} is missing"
        except OSError as error:
            yield f"{folder / name} cannot be read: {error.strerror}"
        progress(number, len(sums))


def check_backup(source: Path) -> tuple[About, Summary]:
    """The description of a backup. Raises `CannotOpen` unless it is complete and undamaged."""
    sums = read_sums(source)
    about = read_about(source)
    faults = list(faults_in(source, sums, ProgressReport("checking").step))
    if DATABASE not in sums:
        faults.append(f"{source / DATABASE} is not in the list of checksums")
    if faults:
        more = len(faults) - MOST_NAMED
        named = "; ".join(faults[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise CannotOpen(f"the backup cannot be used: {named}")
    return about, inspect_copy(source / DATABASE)
