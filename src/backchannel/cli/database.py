"""Commands that work with the database, beside a running server or without one; migrate."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from backchannel.chat.core import Core
from backchannel.cli.options import ConfigFile, DataDir, load_settings, require_database
from backchannel.settings import Settings
from backchannel.storage import CannotOpen

Result = TypeVar("Result")


def with_core(
    work: Callable[[Core], Awaitable[Result]],
    config: Path | None,
    data_dir: Path | None,
    *,
    make: bool = False,
    signing: bool = False,
) -> Result:
    """Open the database that the server of these settings uses, and do `work` with it.

    Without `make` there must be one. `signing`: the work makes or checks signatures, so it needs
    the server's secret. Raises `CannotOpen`, `SettingsError`.
    """
    uses = ("jwt_secret",) if signing else ()
    settings = load_settings(config, uses=uses, data_dir=data_dir).settings
    if not make:
        require_database(settings)

    async def run() -> Result:
        from backchannel.app import open_core

        async with open_core(settings, signing=signing) as core:
            return await work(core)

    from backchannel.app.locking import locked_for_command

    with locked_for_command(settings):
        if not make:
            _require_tables(settings)
        return asyncio.run(run())


def _require_tables(settings: Settings) -> None:
    """Raise `CannotOpen` for a database without tables: a command that reads makes none."""
    from backchannel.storage.opening import exists
    from backchannel.storage.shared.urls import without_password

    if not asyncio.run(exists(settings.storage_url)):
        raise CannotOpen(
            f"there is nothing in {without_password(settings.storage_url)} yet (`serve` and"
            " `user add` create what they need)"
        )


def migrate(config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Migrate the database to this version's schema; `serve` does this at its start."""
    from backchannel.app.locking import locked_alone
    from backchannel.storage.opening import migrate as migrate_storage
    from backchannel.storage.shared.urls import without_password

    settings = load_settings(config, data_dir=data_dir).settings
    require_database(settings)
    with locked_alone(settings):
        asyncio.run(migrate_storage(settings.storage_url))
    print(f"up to date: {without_password(settings.storage_url)}")
