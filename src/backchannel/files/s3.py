"""Contents in an object store that speaks S3."""

from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from backchannel.domain.errors import Damaged, Unavailable

T = TypeVar("T")

PART = 8 << 20
"""Bytes sent at a time; a content that fits is sent in one request."""


class ObjectStore:
    """Implements `ports.files.BlobStore`. An object appears whole or not at all."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, key: str, source: Path) -> None:
        await _answered(
            obstore.put_async(self._store, key, source, chunk_size=PART, max_concurrency=2)
        )

    async def read(self, key: str, start: int, length: int) -> bytes:
        try:
            found = await obstore.get_range_async(self._store, key, start=start, length=length)
        except FileNotFoundError:
            raise Damaged("the content of this file is missing") from None
        except BaseError as error:
            raise _refused(error) from error
        return bytes(found)

    async def delete(self, key: str) -> None:
        await _answered(obstore.delete_async(self._store, key))

    async def close(self) -> None:
        """Connections end with the store."""


def open_s3(url: str) -> ObjectStore:
    """The store at `s3://bucket/prefix`.

    Region, endpoint and credentials are those of the environment (`AWS_REGION`, `AWS_ENDPOINT_URL`,
    `AWS_ACCESS_KEY_ID` …), as in every program that speaks S3. No request is sent to the store yet.
    """
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    return ObjectStore(S3Store(parts.netloc, prefix=prefix or None))


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except BaseError as error:
        raise _refused(error) from error


def _refused(error: BaseError) -> Unavailable:
    kind = type(error).__name__
    return Unavailable(f"the object store cannot be used ({kind})", retry_after=5)
