"""The file ports: the store of contents, the staging of uploads, and the inspector."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec


class BlobStore(Protocol):
    """Keeps contents by key. Keys are made by the server: an id, or an id and an ending.

    Any method raises `Unavailable` when the store cannot be reached or refuses to write.
    """

    async def put(self, key: str, source: Path) -> None:
        """Store the content of the local file `source`.

        Durable once it returns; after a crash the key has all of the content or is as it was
        before, never a part of it (rule R20). A second call replaces the content, also while
        another process puts the same content under the same key.
        """
        ...

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Bytes from `start` on, fewer than `length` only where the content ends.

        Raises `Damaged` for a key without a content: only stored contents are read.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete a content; do nothing if there is none."""
        ...

    async def close(self) -> None: ...


class Staging(Protocol):
    """Unfinished uploads, as files on a disk of this machine.

    Written bytes survive a crash of the process, and of the machine after `sync`.
    Methods raise `Unavailable` when the disk refuses.
    """

    async def size(self, upload_id: str) -> int:
        """The number of bytes received; 0 for an unknown upload."""
        ...

    async def append(self, upload_id: str, offset: int, chunk: bytes) -> None:
        """Append a chunk. Raises `Conflict` unless the upload ends at `offset`."""
        ...

    async def take_back(self, upload_id: str, start: int, end: int) -> None:
        """Drop the bytes from `start` on, if the upload still ends at `end`."""
        ...

    async def sync(self, upload_id: str) -> None: ...

    def path(self, upload_id: str) -> Path:
        """The path of the upload. Files next to it whose names begin with its name belong to it."""
        ...

    async def discard(self, upload_id: str) -> None: ...

    async def sweep(self, *, before: int) -> None:
        """Discard all files last written before a time, in milliseconds since 1970."""
        ...


class Digest(msgspec.Struct, frozen=True):
    """The size and the digests of a content; `blocks` is that of `domain.files.FileRecord`."""

    size: int
    sha256: str
    blocks: str


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of an upload, and the contents to keep, as local files.

    `placeholder` is that of `domain.files.File`.
    """

    media_type: str
    content: Path
    digest: Digest
    thumbnail: Path | None = None
    thumbnail_digest: Digest | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    placeholder: str = ""


class Inspector(Protocol):
    """Inspects untrusted contents (rule S17)."""

    async def inspect(self, path: Path, *, claimed: str, user_id: str) -> Inspected:
        """Inspect a file of the user; `claimed` is the type that its sender named, or empty.

        Metadata such as place and camera are removed from pictures, which get a thumbnail. Time
        and memory are bounded whatever the content is, and are not the server's. Users take
        turns. Raises `UnsupportedFile`, and `Overloaded` if too many of the user's wait.
        """
        ...


@dataclass(frozen=True, slots=True)
class FilePorts:
    """The open file ports."""

    blobs: BlobStore
    staging: Staging
    inspector: Inspector
