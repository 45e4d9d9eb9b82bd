"""Erasure of accounts, in the background and across restarts (rule S22)."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from backchannel.chat.core import Core
from backchannel.chat.uploads import thumbnail_key
from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.errors import ChatError

POLL_SECONDS = 1.0
"""The seconds between looks for erasures that another process may have requested."""
OVERLAP = 60_000
"""Milliseconds for which a request is news: by then every process has forgotten the name."""
SETTLING = 2_000
"""Milliseconds before logins are erased, so that all nodes have closed their sockets (S1)."""
PART = 200
"""Messages or log entries in one transaction; other writers wait that long."""
PAGE = 100
"""Files or uploads looked up at a time."""
REST = 20.0
"""The pause after a scrub, in multiples of its duration: writers wait for a scrub."""
NOTICED = 0.25
"""A wait for a scrub, in seconds, that users notice."""
LONG_REST = 4 * 3_600.0
"""The pause in seconds after a scrub that was noticed: all erasures until then share the next."""
REST_AFTER_FAILURE = 60.0
"""Seconds until a failed scrub is retried, for example when the disk is full."""

log = logging.getLogger(__name__)


class Eraser:
    """Carries out erasures; several processes may work on the same one."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._rests_until = 0.0

    async def run(self) -> None:
        """Erase what is due until cancelled; what fails is tried again."""
        while True:
            try:
                await self.round()
            except ChatError as refusal:
                log.warning("accounts could not be erased: %s", refusal)
            await asyncio.sleep(POLL_SECONDS)

    async def round(self) -> None:
        """Continue every erasure that has not been completed, as far as possible."""
        core = self._core
        now = core.clock.now()
        current = await core.storage.erasures(since=now - OVERLAP)
        for each in current:
            core.directory.forget(each.user_id)
        due = [each for each in current if each.completed_at is None and _has_settled(each, now)]
        emptied = [each for each in due if await self._empty(each)]
        if emptied and core.clock.monotonic() >= self._rests_until:
            await self._complete(emptied)

    async def _empty(self, erasure: Erasure) -> bool:
        """Erase a user's data; False if that failed for now."""
        try:
            await _erase_parts(self._core, erasure)
            await _erase_uploads(self._core, erasure)
            await _erase_files(self._core, erasure)
        except ChatError as refusal:
            log.warning("erasure of %s is tried again: %s", erasure.user_id, refusal)
            return False
        return True

    async def _complete(self, emptied: Sequence[Erasure]) -> None:
        """Make the erased data unreadable, all of it at once, and issue the receipts."""
        core = self._core
        began = core.clock.monotonic()
        self._rests_until = began + REST_AFTER_FAILURE
        await core.storage.scrub()
        took = core.clock.monotonic() - began
        self._rests_until = began + took + (LONG_REST if took > NOTICED else REST * took)
        for each in emptied:
            await _give_receipt(core, each.id)
            log.info("erased %s; the scrub took %.2f s", each.user_id, took)


def _has_settled(erasure: Erasure, now: int) -> bool:
    # A clock that was set back delays nothing.
    return not 0 <= now - erasure.requested_at < SETTLING


async def _erase_parts(core: Core, erasure: Erasure) -> None:
    complete = False
    while not complete:
        began = core.clock.monotonic()
        part = await core.storage.erase_part(erasure.id, limit=PART, at=core.clock.now())
        core.bus.publish(part.events)
        complete = part.complete
        # Half of the writer's time is left to others.
        await asyncio.sleep(core.clock.monotonic() - began)


async def _erase_uploads(core: Core, erasure: Erasure) -> None:
    while uploads := await core.storage.owned_uploads(erasure.user_id, after="", limit=PAGE):
        for each in uploads:
            await core.uploads.cancel(each)
        await core.storage.forget_owned(erasure.id, [], Erased(uploads=len(uploads)))


async def _erase_files(core: Core, erasure: Erasure) -> None:
    """Contents first: a file that is still known after a crash is deleted again."""
    owned = partial(core.storage.owned_files, erasure.user_id, after="", given_up=True)
    while files := await owned(limit=PAGE):
        for each in files:
            await core.files.blobs.delete(each.id)
            await core.files.blobs.delete(thumbnail_key(each.id))
            await core.files.staging.discard(each.id)
        # Without a digest it is an upload whose cancelling was cut off.
        uploads = sum(not each.sha256 for each in files)
        gone = Erased(files=len(files) - uploads, uploads=uploads)
        await core.storage.forget_owned(erasure.id, [each.id for each in files], gone)


async def _give_receipt(core: Core, erasure_id: str) -> None:
    erasure = await core.storage.erasure(erasure_id)
    if erasure is None:
        return
    now = core.clock.now()
    signature = core.seals.seal(erasure.receipt(completed_at=now).statement())
    await core.storage.complete_erasure(erasure_id, at=now, signature=signature)
