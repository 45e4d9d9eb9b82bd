"""Collect what nothing refers to: unfinished uploads, and files that no message names."""

import asyncio
import logging

from backchannel.chat.core import Core
from backchannel.chat.uploads import thumbnail_key
from backchannel.domain.errors import ChatError
from backchannel.domain.files import UPLOAD_LIFE

COLLECT_SECONDS = 600.0
"""Seconds between two rounds of collection."""
ROUND = 100
"""Most uploads, and most files, that one round drops."""

log = logging.getLogger(__name__)


async def collect(core: Core) -> int:
    """Drop what was given up a day ago: unfinished uploads, and files that no message names.

    One round does a bounded amount of work; how many went. A crash in between loses nothing:
    a file is condemned first, so that no message can name it, then its content goes, then it.
    """
    now = core.clock.now()
    before = now - UPLOAD_LIFE
    expired = await core.storage.expired_uploads(before=before, limit=ROUND)
    for upload in expired:
        await core.uploads.cancel(upload)
    condemned = await core.storage.condemn_files(before=before, limit=ROUND, at=now)
    for file_id in condemned:
        await core.files.blobs.delete(file_id)
        await core.files.blobs.delete(thumbnail_key(file_id))
        await core.files.staging.discard(file_id)  # of an upload whose cancelling was cut off
    if condemned:
        await core.storage.forget_files(condemned)
    await core.files.staging.sweep(before=before)
    return len(expired) + len(condemned)


async def collect_forever(core: Core) -> None:
    """Run until cancelled; a round that fails is tried again with the next one."""
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        try:
            dropped = await collect(core)
        except ChatError as refusal:
            log.warning("files could not be collected: %s", refusal)
        else:
            if dropped:
                log.info("%d files and uploads were collected", dropped)
