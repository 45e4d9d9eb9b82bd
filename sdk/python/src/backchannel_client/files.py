"""Files: sent in pieces and fetched as a stream, resumed after a broken connection."""

import asyncio
import base64
import mimetypes
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from backchannel_client.closing import Backoff
from backchannel_client.errors import ApiError
from backchannel_client.requests import Request, Requests
from backchannel_client.wire import FileInfo

PIECE = 256 * 1024
ATTEMPTS = 8
"""Attempts in a row that may bring nothing on before a transfer is given up."""
TUS = {"tus-resumable": "1.0.0"}
CONFLICT, NOT_SATISFIABLE, PARTIAL = 409, 416, 206

OnProgress = Callable[[int, int], None]
"""Called with the bytes done so far, and with all of them."""


def _ignored(_done: int, _size: int) -> None:
    """A progress callback that does nothing."""


class Files:
    """Uploads by tus 1.0 (`docs/files.md`) and downloads by range. Each raises `ApiError`."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def upload(
        self,
        path: Path,
        *,
        name: str | None = None,
        media_type: str | None = None,
        waveform: bytes = b"",
        progress: OnProgress = _ignored,
    ) -> FileInfo:
        """Send a file, which a message must name within a day. Also raises `OSError`.

        `waveform` is the loudness of a recording over time: at most 128 samples, one byte each.
        """
        name = name or path.name
        media_type = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        size = await asyncio.to_thread(_size, path)
        file_id = await self.create_upload(name, size, media_type, waveform=waveform)
        await self.resume_upload(file_id, path, progress=progress)
        return await self._described(file_id, name, size)

    async def create_upload(
        self, name: str, size: int, media_type: str = "", *, waveform: bytes = b""
    ) -> str:
        """Announce an upload; returns its id, which becomes the file's."""
        given = {"filename": name.encode(), "filetype": media_type.encode(), "waveform": waveform}
        metadata = ",".join(
            f"{key} {base64.b64encode(value).decode()}" for key, value in given.items() if value
        )
        headers = {**TUS, "upload-length": str(size), "upload-metadata": metadata}
        response = await self._requests.carry_out(Request("POST", "/v1/uploads", headers=headers))
        return str(response.headers["location"]).rpartition("/")[2]

    async def resume_upload(
        self, file_id: str, path: Path, *, progress: OnProgress = _ignored
    ) -> None:
        """Send the bytes that the server does not have yet. Also raises `OSError`."""
        size = await asyncio.to_thread(_size, path)
        with path.open("rb") as file:
            waits = _Waits()
            while True:
                try:
                    offset = await self._uploaded(file_id)
                    waits.moved_to(offset)
                    progress(offset, size)
                    if offset >= size:
                        return
                    await self._append(file_id, file, offset, lambda done: progress(done, size))
                except ApiError as error:
                    if not error.transient and error.status != CONFLICT:
                        raise
                    await waits.pause(error)

    async def download(
        self, file: FileInfo, target: Path, *, progress: OnProgress = _ignored
    ) -> Path:
        """Fetch a file to `target`, which appears once it is complete. Also raises `OSError`."""
        part = target.with_name(f"{target.name}.part")
        await asyncio.to_thread(part.write_bytes, b"")
        tag: str | None = None
        waits = _Waits()
        while True:
            done = await asyncio.to_thread(_size, part)
            waits.moved_to(done)
            if tag is not None and done >= file.size:
                break
            try:
                tag = await self._fetch(file, part, done, tag, progress)
            except ApiError as error:
                if not error.transient:
                    raise
                await waits.pause(error)
        await asyncio.to_thread(part.replace, target)
        return target

    async def content(self, file: FileInfo) -> bytes:
        """A file as bytes, for small files."""
        response = await self._requests.carry_out(Request("GET", _path(file.id)))
        return response.content

    async def _uploaded(self, file_id: str) -> int:
        path = f"/v1/uploads/{quote(file_id, safe='')}"
        response = await self._requests.carry_out(Request("HEAD", path, headers=TUS))
        return int(response.headers["upload-offset"])

    async def _append(
        self, file_id: str, file: BinaryIO, offset: int, sent: Callable[[int], None]
    ) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            done = offset
            await asyncio.to_thread(file.seek, offset)
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
                done += len(piece)
                sent(done)

        headers = {
            **TUS,
            "upload-offset": str(offset),
            "content-type": "application/offset+octet-stream",
        }
        path = f"/v1/uploads/{quote(file_id, safe='')}"
        await self._requests.carry_out(Request("PATCH", path, content=pieces(), headers=headers))

    async def _described(self, file_id: str, name: str, size: int) -> FileInfo:
        """A file as the server describes it; its dimensions come with the message that names it."""
        response = await self._requests.carry_out(Request("HEAD", _path(file_id)))
        media_type = response.headers.get("content-type", "application/octet-stream")
        size = int(response.headers.get("content-length", size))
        return FileInfo(id=file_id, name=name, type=media_type, size=size, url=_path(file_id))

    async def _fetch(
        self, file: FileInfo, part: Path, done: int, tag: str | None, progress: OnProgress
    ) -> str:
        headers = {} if tag is None else {"range": f"bytes={done}-", "if-range": tag}
        async with self._requests.stream(
            Request("GET", _path(file.id), headers=headers)
        ) as response:
            resumed = response.status_code == PARTIAL
            done = done if resumed else 0
            with part.open("ab" if resumed else "wb") as out:
                async for piece in response.aiter_bytes():
                    await asyncio.to_thread(out.write, piece)
                    done += len(piece)
                    progress(done, file.size)
                out.flush()
                await asyncio.to_thread(os.fsync, out.fileno())
            return str(response.headers.get("etag", ""))


class _Waits:
    """Gives a transfer up after too many attempts without progress."""

    def __init__(self) -> None:
        self._reached = -1
        self._failures = 0
        self._backoff = Backoff()

    def moved_to(self, offset: int) -> None:
        if offset > self._reached:
            self._reached, self._failures = offset, 0
            self._backoff.reset()

    async def pause(self, error: ApiError) -> None:
        """Wait before the next attempt. Raises the error itself if it has come too often."""
        self._failures += 1
        if self._failures >= ATTEMPTS:
            raise error
        await asyncio.sleep(max(self._backoff.next(), error.retry_after or 0))


def _path(file_id: str) -> str:
    return f"/v1/files/{quote(file_id, safe='')}"


def _size(path: Path) -> int:
    return path.stat().st_size
