"""Commands that work with the database, beside a running server or without one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from backchannel.chat.core import Core
from backchannel.cli.options import load_settings, require_database

Result = TypeVar("Result")


def with_core(
    work: Callable[[Core], Awaitable[Result]],
    config: Path | None,
    data_dir: Path | None,
    *,
    make: bool = False,
) -> Result:
    """Open the database that the server of these settings uses, and do `work` with it.

    Without `make` there must be one. Raises `CannotOpen`.
    """
    settings = load_settings(config, data_dir=data_dir).settings
    if not make:
        require_database(settings)

    async def run() -> Result:
        from backchannel.app import open_core

        async with open_core(settings) as core:
            return await work(core)

    from backchannel.app.locking import locked_for_command

    with locked_for_command(settings):
        return asyncio.run(run())
