"""The conversion of disk errors to `Unavailable`."""

import errno
from collections.abc import Callable
from typing import TypeVar

from backchannel.budgets.threads import in_thread
from backchannel.domain.errors import Unavailable

T = TypeVar("T")

_FULL = {errno.ENOSPC, errno.EDQUOT}


async def on_disk(work: Callable[[], T]) -> T:
    """Do `work` in a thread, to its end. Raises `Unavailable` where the disk refuses."""
    try:
        return await in_thread(work)
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("the disk is full; nothing was stored", retry_after=5) from error
        raise Unavailable(f"the disk refused ({error.strerror})", retry_after=1) from error
