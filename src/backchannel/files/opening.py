"""Opens the file ports that the settings name."""

from pathlib import Path

from backchannel.files.inspector import ChildInspector
from backchannel.files.local import LocalStaging, LocalStore, on_disk
from backchannel.ports.files import BlobStore, FilePorts


async def open_files(url: str, *, uploads: Path) -> FilePorts:
    """The store at `url`, `file:///folder` or `s3://bucket/prefix`; uploads arrive in a folder.

    Folders are made if missing. Raises `Unavailable` if the disk refuses.
    """
    staging = await on_disk(lambda: LocalStaging(uploads))
    return FilePorts(blobs=await _open_store(url), staging=staging, inspector=ChildInspector())


async def _open_store(url: str) -> BlobStore:
    scheme, _, rest = url.partition("://")
    if scheme == "s3":
        # Imported where it is used, because importing a driver is slow.
        from backchannel.files.s3 import open_s3  # noqa: PLC0415

        return open_s3(url)
    return await on_disk(lambda: LocalStore(Path(rest)))
