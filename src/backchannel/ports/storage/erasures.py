"""The part of the storage port that erases accounts (rule S22)."""

from collections.abc import Sequence
from typing import Protocol

from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.files import FileRecord, Upload
from backchannel.ports.storage.values import ErasedPart, Requested


class Erasures(Protocol):
    """A user's data: listed for an export, and erased for good.

    An erasure begins with `request_erasure`. Then `erase_part` is called until it has nothing
    left, the uploads and files are forgotten, `scrub` is called, and at last
    `complete_erasure`. Each step is one bounded transaction, is harmless when repeated, also by
    two processes at once, and goes on after a crash where the last one ended.
    """

    async def request_erasure(self, erasure: Erasure, /) -> Requested:
        """Record an erasure, which cannot be undone: from then on the account cannot be used.

        In the same transaction its profile and password go (`domain.erasures.anonymous` takes its
        place; the username and the address are free again), its logins end and lose their agents
        and addresses, and its peers are told that its profile has changed. Requests of the user
        that are still running are refused from then on: no message, change, profile, login,
        session, block or upload of theirs is stored. Raises `NotFound` for an account that is not
        there or is being erased already.
        """
        ...

    async def erasure(self, erasure_id: str) -> Erasure | None: ...

    async def erasures(self, *, since: int) -> list[Erasure]:
        """The erasures that are not complete, and those requested at or after `since`."""
        ...

    async def erase_part(self, erasure_id: str, *, limit: int, at: int) -> ErasedPart:
        """Erase a part of the user's remaining data: about `limit` messages or log entries.

        The user's log goes, then sessions go as a whole. In conversations with others the user's
        messages become tombstones without a body, key, file or reaction, their reactions to other
        messages go, and the peers' devices learn of each as of any deletion (R7). Blocks and logins
        go last. Other users' messages stay.
        """
        ...

    async def owned_uploads(self, user_id: str, *, after: str, limit: int) -> list[Upload]:
        """Uploads of the user's that are not finished, by id, past the id `after`."""
        ...

    async def owned_files(
        self, user_id: str, *, after: str, limit: int, given_up: bool = False
    ) -> list[FileRecord]:
        """The user's files by id, past the id `after`; with `given_up` those given up, too."""
        ...

    async def forget_owned(self, erasure_id: str, file_ids: Sequence[str], gone: Erased) -> None:
        """Forget these files of the erased user, whose contents are deleted; count `gone`."""
        ...

    async def scrub(self) -> None:
        """Remove deleted data from the database's own files.

        Once it returns, no byte that only deleted or replaced rows held is left in any file
        the database keeps: no page, log, index or temporary file. The disk below is the file
        system's. Other writes go on; none is acknowledged before it is durable.
        """
        ...

    async def complete_erasure(self, erasure_id: str, *, at: int, signature: str) -> None:
        """Record that nothing is left. Only the first call has an effect."""
        ...
