"""Erasure of accounts (rule S22): requests, carried out in the background across restarts."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from backchannel.chat import credentials
from backchannel.chat.core import Core
from backchannel.chat.retries import Retries
from backchannel.chat.uploads import thumbnail_key
from backchannel.domain.erasures import Erased, Erasure, ErasureReceipt, new_erasure
from backchannel.domain.errors import ChatError, NotFound

POLL_SECONDS = 1.0
"""Seconds between two checks for erasures that another process may have requested."""
OVERLAP = 60_000
"""Milliseconds for which a request is new: after that, every process has forgotten the name."""
SETTLING = 2_000
"""Milliseconds before logins are erased, so that all nodes have closed their sockets (S1)."""
PART = 200
"""Messages or log entries in one transaction; other writers wait that long."""
PAGE = 100
"""Files or uploads looked up at a time."""
REST = 20.0
"""The pause after a scrub, in multiples of its duration: it reads the whole database."""
REST_AFTER_FAILURE = 60.0
"""Seconds until a failed scrub is retried, for example when the disk is full."""

log = logging.getLogger(__name__)


async def erase_own(core: Core, user_id: str, password: str) -> Erasure:
    """Like `request`, but by the user, who must give the password.

    Raises `NotConfirmed`, `NotFound`, `Throttled` and `Overloaded`.
    """
    account = await core.storage.account(user_id)
    if account is None:
        raise NotFound("user not found")
    await credentials.confirm_password(core, account, password, field="password")
    return await request(core, user_id)


async def request(core: Core, user_id: str) -> Erasure:
    """Request the erasure of an account: once this returns, it is certain to happen.

    Its logins have ended (S1) and its profile is gone. The rest follows (`Eraser`), and
    its progress can be read with its id, which is a secret. Raises `NotFound`.
    """
    erasure = new_erasure(user_id, at=core.clock.now())
    requested = await core.storage.request_erasure(erasure)
    core.directory.forget(user_id)
    core.bus.publish_ended(requested.login_ids)
    core.publisher.publish(requested.events)
    return erasure


async def find(core: Core, erasure_id: str) -> Erasure:
    """The erasure with this id. Raises `NotFound`."""
    found = await core.storage.erasure(erasure_id)
    if found is None:
        raise NotFound("erasure not found")
    return found


def is_genuine(core: Core, receipt: ErasureReceipt, signature: str) -> bool:
    """True if this server issued this receipt."""
    return core.seals.is_genuine(receipt.statement(), signature)


class Eraser:
    """Carries out erasures in the node that is the leader; two at once do no harm."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._rests_until = 0.0

    async def run(self) -> None:
        """Carry out erasures that are due, until cancelled; retry those that fail."""
        retries = Retries("erasing accounts", POLL_SECONDS, log)
        while True:
            try:
                await self.round()
            except ChatError as refusal:
                retries.note_failure(refusal)
            else:
                retries.note_success()
            await asyncio.sleep(retries.pause)

    async def round(self) -> None:
        """Continue every erasure that has not been completed, as far as possible."""
        core = self._core
        now = core.clock.now()
        current = await core.storage.erasures(since=now - OVERLAP)
        for each in current:
            core.directory.forget(each.user_id)
        if not core.nodes.is_leader:
            return
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
            log.warning("erasure of %s will be tried again: %s", erasure.user_id, refusal)
            return False
        return True

    async def _complete(self, emptied: Sequence[Erasure]) -> None:
        """Make the erased data unreadable, all of it at once, and issue the receipts."""
        core = self._core
        began = core.clock.monotonic()
        self._rests_until = began + REST_AFTER_FAILURE
        await core.storage.scrub()
        took = core.clock.monotonic() - began
        self._rests_until = began + took + REST * took
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
        core.publisher.publish(part.events)
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
        # Without a digest it is an upload whose cancellation was interrupted.
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
