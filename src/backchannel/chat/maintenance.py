"""Background work: delete unused files, trim logs, notify peers of changed profiles."""

import asyncio
import logging

from backchannel.chat.core import Core
from backchannel.chat.retries import Retries
from backchannel.chat.uploads import thumbnail_key
from backchannel.domain.errors import ChatError
from backchannel.domain.files import UPLOAD_LIFE

COLLECT_SECONDS = 600.0
"""Seconds between two rounds of collection."""
ROUND = 100
"""Most uploads, and most files, that one round drops."""

log = logging.getLogger(__name__)

KEPT_MILLISECONDS = 90 * 86_400_000
KEPT_ENTRIES = 100_000
"""Entries of one user; a device further behind fetches the state afresh (`too_old`)."""
TRIM_SECONDS = 3_600.0
"""Seconds between two rounds."""


POLL_SECONDS = 1.0
"""Seconds between two checks for changes that are due."""


async def check(core: Core) -> None:
    """Raise `Unavailable` unless the database can be read and written."""
    await core.storage.check()


async def collect(core: Core) -> int:
    """Drop unfinished uploads and files that no message names, a day after they were abandoned.

    One round does a bounded amount of work; returns how many were dropped. A crash in between loses
    nothing: a file is marked first, so that no message can name it, then its content is deleted,
    then its record.
    """
    now = core.clock.now()
    before = now - UPLOAD_LIFE
    expired = await core.storage.expired_uploads(before=before, limit=ROUND)
    for upload in expired:
        await core.uploads.cancel(upload)
    orphaned = await core.storage.mark_files_orphaned(before=before, limit=ROUND, at=now)
    for file_id in orphaned:
        await core.files.blobs.delete(file_id)
        await core.files.blobs.delete(thumbnail_key(file_id))
        await core.files.staging.discard(file_id)  # of an upload whose cancellation was interrupted
    if orphaned:
        await core.storage.forget_files(orphaned)
    await core.files.staging.sweep(before=before)
    return len(expired) + len(orphaned)


async def collect_forever(core: Core) -> None:
    """Run until cancelled; the next round retries a failed one."""
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        if not core.nodes.is_leader:
            continue
        try:
            dropped = await collect(core)
        except ChatError as refusal:
            log.warning("files could not be collected: %s", refusal)
        else:
            if dropped:
                log.info("%d files and uploads were collected", dropped)


async def trim(core: Core) -> int:
    """Trim the logs; return the number of entries removed. Raises `Unavailable`."""
    before = core.clock.now() - KEPT_MILLISECONDS
    return await core.storage.trim_logs(before=before, keep=KEPT_ENTRIES)


async def trim_forever(core: Core) -> None:
    """Keep the logs bounded until cancelled."""
    while True:
        await asyncio.sleep(TRIM_SECONDS)
        if not core.nodes.is_leader:
            continue
        try:
            await trim(core)
        except ChatError as refusal:
            log.warning("the logs were not trimmed: %s", refusal)


async def notify_peers_forever(core: Core) -> None:
    """Tell peers of changed profiles when due, until cancelled; retry after failures."""
    retries = Retries("telling peers of changed profiles", POLL_SECONDS, log)
    while True:
        try:
            if core.nodes.is_leader:
                await notify_peers(core)
        except ChatError as refusal:
            retries.note_failure(refusal)
        else:
            retries.note_success()
        await asyncio.sleep(retries.pause)


async def notify_peers(core: Core) -> None:
    """Tell the peers of everything that is due. Raises `Unavailable`, `Overloaded`."""
    while True:
        began = core.clock.monotonic()
        events = await core.storage.notify_of_profiles(at=core.clock.now())
        if events is None:
            return
        core.publisher.publish(events)
        # Half of the writer's time is left to others.
        await asyncio.sleep(core.clock.monotonic() - began)
