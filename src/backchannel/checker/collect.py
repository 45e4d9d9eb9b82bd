"""The journals of one history: found, put in order, and read one after the other."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from backchannel.checker.journal import BadJournal, Entry, read

PATTERN = "*.jsonl"


def collect(paths: Iterable[Path]) -> list[Path]:
    """The files that are named, and those in the folders that are. Raises `BadJournal`.

    A device that was started again may have gone on in another file, so the older come first.
    """
    files = {file.resolve(): file for path in paths for file in _files(path)}
    return sorted(files.values(), key=_beginning)


def entries(files: Iterable[Path]) -> Iterator[Entry]:
    """All records. Raises `BadJournal`."""
    for file in files:
        yield from read(file)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob(PATTERN))
    if not files:
        raise BadJournal(f"{path}: holds no journals; they are files named {PATTERN}")
    return files


def _beginning(file: Path) -> int:
    first = next(read(file), None)
    return first.record.at if first else 0
