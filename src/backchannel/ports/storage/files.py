"""The part of the storage port that keeps the records of files."""

from collections.abc import Sequence
from typing import Protocol

from backchannel.domain.files import File, FileRecord, Upload


class Files(Protocol):
    """The records of files; their contents are elsewhere (`ports.files`)."""

    async def create_upload(self, upload: Upload, /, *, quota: int) -> None:
        """Make room for an upload.

        Raises `QuotaExceeded` if the owner's files and uploads would take more than `quota`
        bytes, also when many uploads begin at once; `AccountDisabled` for an erased owner.
        """
        ...

    async def upload(self, upload_id: str) -> Upload | None:
        """An upload that is neither finished nor cancelled."""
        ...

    async def finish_upload(self, record: FileRecord, /) -> None:
        """Turn the upload with this id into a file, whose content is in the store by now (R20).

        Raises `NotFound` for an upload that is finished or cancelled.
        """
        ...

    async def cancel_upload(self, upload_id: str, *, at: int) -> bool:
        """Give up an upload; from then on it cannot be finished.

        It is a file that was given up, of no size, until `forget_files` forgets it. So the rest of
        its content is found again after a crash. False if it was finished or cancelled.
        """
        ...

    async def expired_uploads(self, *, before: int, limit: int) -> list[Upload]:
        """Uploads that began before, oldest first."""
        ...

    async def files(self, file_ids: Sequence[str]) -> dict[str, File]:
        """Those of `file_ids` that exist and have not been given up."""
        ...

    async def readable_file(self, user_id: str, file_id: str) -> FileRecord | None:
        """A file of the user's own, or one that a message in the user's conversations names.

        None for any other user (rule S11).
        """
        ...

    async def avatar(self, file_id: str) -> FileRecord | None:
        """A file that is some user's avatar."""
        ...

    async def mark_file_deleted(self, user_id: str, file_id: str, *, at: int) -> bool:
        """Give up a file of the user's that is in no use; False if there is none.

        A file is in use while a message names it or it is an avatar. From then on no message and
        no profile can name it.
        """
        ...

    async def mark_files_orphaned(self, *, before: int, limit: int, at: int) -> list[str]:
        """Give up files that began before and that are in no use; their ids.

        From then on nothing can name them. Those that were given up earlier, and not
        forgotten since, come again.
        """
        ...

    async def forget_files(self, file_ids: Sequence[str]) -> None:
        """Forget files that were given up, once their contents are deleted."""
        ...
