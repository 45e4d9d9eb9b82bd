"""The file ports: where contents are kept, where they arrive, and who looks into them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec


class BlobStore(Protocol):
    """Keeps contents by key. Keys are made by the server: an id, or an id and an ending.

    Any method raises `Unavailable` when the store cannot be reached or refuses to write.
    """

    async def put(self, key: str, source: Path) -> None:
        """Keep what the local file `source` holds.

        Durable once it returns; after a crash the key has all of the content or is as it was
        before, never a part of it (rule R20). Putting again replaces, also while another
        process puts the same content under the same key.
        """
        ...

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Bytes from `start` on, fewer than `length` only where the content ends.

        Raises `Damaged` for a key that is not there: only what was put is asked for.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget a content; one that is not there is forgotten already."""
        ...

    async def close(self) -> None: ...


class Staging(Protocol):
    """Uploads as far as they have come: files on a disk of this machine.

    What was written survives a crash of the process, and of the machine after `sync`.
    Methods raise `Unavailable` when the disk refuses.
    """

    async def size(self, upload_id: str) -> int:
        """Bytes that have come; 0 for an upload nothing is known of."""
        ...

    async def append(self, upload_id: str, offset: int, chunk: bytes) -> None:
        """Add bytes, if what has come ends at `offset`. Raises `Conflict` if it does not."""
        ...

    async def take_back(self, upload_id: str, start: int, end: int) -> None:
        """Drop the bytes from `start` on, if what has come still ends at `end`."""
        ...

    async def sync(self, upload_id: str) -> None: ...

    def path(self, upload_id: str) -> Path:
        """The path of the upload. Files next to it whose names begin with its name belong to it."""
        ...

    async def discard(self, upload_id: str) -> None: ...

    async def sweep(self, *, before: int) -> None:
        """Discard whatever was last written before (milliseconds since 1970)."""
        ...


class Digest(msgspec.Struct, frozen=True):
    """A content in numbers; `blocks` is that of `domain.files.FileRecord`."""

    size: int
    sha256: str
    blocks: str


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of an upload, and the contents to keep, as local files."""

    media_type: str
    content: Path
    digest: Digest
    thumbnail: Path | None = None
    thumbnail_digest: Digest | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None


class Inspector(Protocol):
    """Inspects untrusted contents (rule S17)."""

    async def inspect(self, path: Path, *, claimed: str, user_id: str) -> Inspected:
        """Find out what a file of the user's is; its sender says `claimed`, or nothing.

        Pictures lose what they tell of place and camera, and get a thumbnail. Whatever the
        content does, it costs bounded time and memory, and not the server's. Users take
        turns. Raises `UnsupportedFile`, and `Overloaded` where too many of the user's wait.
        """
        ...


@dataclass(frozen=True, slots=True)
class FilePorts:
    """The open file ports."""

    blobs: BlobStore
    staging: Staging
    inspector: Inspector
