"""Bytes in the files that SQLite does not use, by the file format (sqlite.org/fileformat2.html).

When rows move between pages, copies of them stay in the gap between a page's array of cells and its
first cell. SQLite never reads a gap, and `secure_delete` overwrites everything else. So a write to
a gap, even if it is cut off, does not change the content of the database.
"""

import errno
import os
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# Sections 1.3 (the header of the file) and 1.6 (the header of a b-tree page).
_FILE_HEADER = 100
_PAGE_SIZE = struct.Struct(">H")
_PAGE_SIZE_AT = 16
_SMALLEST_PAGE = 512
_LARGEST_PAGE = 65_536
_AUTO_VACUUM = slice(52, 56)
"""Zeros, unless the file has pages with pointers, which look like those of b-trees."""
_PAGE_HEADERS = {2: 12, 5: 12, 10: 8, 13: 8}
"""The size of a page's header, by its type: inner and leaf pages, of indexes and tables."""
_CELLS = struct.Struct(">HH")
_CELLS_AT = 3

MOST_PAGES = 2 << 24
"""A page of another kind begins with a page number. Below this one, its first byte is 0 or 1."""

# Section 4.1: the write-ahead log.
_LOG_HEADER = 32
_LOG_PAGE_SIZE_AT = 8
_SALTS = slice(16, 24)
_FRAME_HEADER = 24
_FRAME_SALTS = slice(8, 16)
_NUMBER = struct.Struct(">I")
_FRAME_PAGE = struct.Struct(">II")
"""The number of a frame's page, and the size of the database if it ends a commit, else 0."""

CHUNK = 256
"""Pages that are read at a time, about 1 MB: some hundredths of a millisecond each."""

_ZEROS = bytes(_LARGEST_PAGE)


class UnknownPage(Exception):
    """Pages cannot be told apart, or one of them is damaged."""


def page_size(descriptor: int) -> int:
    """The size of the pages of a file. Raises `OSError` and `UnknownPage`."""
    header = _header(descriptor)
    size = int(_PAGE_SIZE.unpack_from(header, _PAGE_SIZE_AT)[0])
    if size == 1:
        return _LARGEST_PAGE
    if size < _SMALLEST_PAGE or size.bit_count() != 1:
        raise UnknownPage("its header is damaged")
    return size


def all_pages(descriptor: int) -> range:
    """The numbers of all pages of a file, from 0. Raises `OSError` and `UnknownPage`."""
    if any(_header(descriptor)[_AUTO_VACUUM]):
        raise UnknownPage("stop the server and run `PRAGMA auto_vacuum = NONE; VACUUM` on it")
    count = os.fstat(descriptor).st_size // page_size(descriptor)
    if count >= MOST_PAGES:
        raise UnknownPage(f"a database of {count:,} pages is too large")
    return range(count)


def overwrite_gaps(
    descriptor: int, pages: Iterable[range], *, ended: threading.Event | None = None
) -> None:
    """Overwrite the gaps in some pages of a file that no other process writes to meanwhile.

    With `ended`, leave half of the time to other threads, and stop once it is set. Raises
    `OSError` and `UnknownPage`.
    """
    size = page_size(descriptor)
    for span in pages:
        for first in range(span.start, span.stop, CHUNK):
            began = time.perf_counter()
            count = min(CHUNK, span.stop - first)
            content = os.pread(descriptor, count * size, first * size)
            if len(content) < count * size:
                raise UnknownPage("it was truncated")
            for start, end in _gaps(content, size, starts_file=first == 0):
                if os.pwrite(descriptor, _ZEROS[: end - start], first * size + start) < end - start:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if ended is not None and ended.wait(time.perf_counter() - began):
                return


class LoggedPages:
    """The numbers, from 0, of the pages in a write-ahead log that is only appended to.

    The frames after the last commit are replaced if it is rolled back, so they are read again.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = _LOG_HEADER
        self.numbers: set[int] = set()

    def read(self) -> None:
        """Add those that have come since the last call. Raises `OSError`."""
        with self._log.open("rb", buffering=0) as file:
            header = file.read(_LOG_HEADER)
            if len(header) < _LOG_HEADER:
                return
            step = _FRAME_HEADER + _NUMBER.unpack_from(header, _LOG_PAGE_SIZE_AT)[0]
            for at in range(self._at, os.fstat(file.fileno()).st_size - step + 1, step):
                frame = os.pread(file.fileno(), _FRAME_HEADER, at)
                if len(frame) < _FRAME_HEADER or frame[_FRAME_SALTS] != header[_SALTS]:
                    break
                number, ends_commit = _FRAME_PAGE.unpack_from(frame)
                self.numbers.add(number - 1)
                if ends_commit:
                    self._at = at + step


def spans(pages: Iterable[int]) -> Sequence[range]:
    """Numbers of pages as ranges, each as long as possible."""
    found: list[range] = []
    for number in sorted(pages):
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return found


def _header(descriptor: int) -> bytes:
    header = os.pread(descriptor, _FILE_HEADER, 0)
    if len(header) < _FILE_HEADER:
        raise UnknownPage("it has no header")
    return header


def _gaps(content: bytes, size: int, *, starts_file: bool) -> Iterator[tuple[int, int]]:
    """The start and the end of each gap with anything in it, in the bytes of whole pages."""
    for at in range(0, len(content) - size + 1, size):
        header = _FILE_HEADER if starts_file and at == 0 else at
        length = _PAGE_HEADERS.get(content[header])
        if length is None:
            continue
        cells, first = _CELLS.unpack_from(content, header + _CELLS_AT)
        start, end = header + length + 2 * cells, at + (first or _LARGEST_PAGE)
        if not start <= end <= at + size:
            raise UnknownPage("a page of the database is damaged")
        if content[start:end] != _ZEROS[: end - start]:
            yield start, end
