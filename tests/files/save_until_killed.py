"""A process that saves files, reports each, and is killed while it does so.

Each access to the disk is a point at which it can be killed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backchannel.chat import attachments
from backchannel.chat.messages import draft, send
from backchannel.domain.ids import new_id
from tests.support import media
from tests.support.core import make_core, make_user

NAMES = {"open", "os.rename", "os.remove", "os.mkdir", "subprocess.Popen", "shutil.copyfile"}
SIZE = 300_000


class Countdown:
    """Kills this process at a point, inside the folder and nowhere else."""

    def __init__(self, folder: Path, point: int) -> None:
        self._folder = str(folder)
        self._left = point
        self.armed = False

    def audit(self, name: str, given: tuple[Any, ...]) -> None:
        if name in NAMES and any(str(each).startswith(self._folder) for each in given):
            self.passed()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            self.passed()
            result = call(*given)
            self.passed()
            return result

        return counted

    def around_transaction(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(*given: Any, **named: Any) -> Any:
            self.passed()
            result = await call(*given, **named)
            self.passed()
            return result

        return counted

    def passed(self) -> None:
        if self.armed:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def halves(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    yield content[len(content) // 2 :]


async def _save(folder: Path, countdown: Countdown, acknowledged: Connection) -> None:
    async with make_core(folder) as core:
        ada, bob = [await make_user(core, f"{name}-{new_id()}") for name in ("ada", "bob")]
        for name in ("create_upload", "finish_upload", "append"):
            call = getattr(core.storage, name)
            setattr(core.storage, name, countdown.around_transaction(call))
        countdown.armed = True
        for content in (os.urandom(SIZE), media.png()):
            upload = await attachments.create_upload(core, ada.id, name="a", size=len(content))
            file = await attachments.store(core, upload, halves(content))
            files = await attachments.describe(core, ada.id, [file.id])
            await send(core, draft(ada.id, bob.id, "", files=files))
            acknowledged.send(file.id)


def save_until_killed(folder: Path, point: int, acknowledged: Connection) -> None:
    """Save files, and send the id of each once it is acknowledged; end at point number `point`."""
    countdown = Countdown(folder, point)
    sys.addaudithook(countdown.audit)
    os.fsync = countdown.around(os.fsync)
    asyncio.run(_save(folder, countdown, acknowledged))
