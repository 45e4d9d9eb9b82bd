"""Commands that work with the database, beside a running server or without one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from backchannel.chat.core import Core
from backchannel.cli.options import settings_to_open

Result = TypeVar("Result")


def with_core(
    work: Callable[[Core], Awaitable[Result]], config: Path | None, data_dir: Path | None
) -> Result:
    """Open the database that the server of these settings uses, and do `work` with it."""
    settings = settings_to_open(config, data_dir=data_dir)

    async def run() -> Result:
        from backchannel.app import open_core

        async with open_core(settings) as core:
            return await work(core)

    from backchannel.app.locking import locked_for_command

    with locked_for_command(settings):
        return asyncio.run(run())
