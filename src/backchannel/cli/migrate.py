"""`backchannel migrate`: bring the database to the schema of this version."""

import asyncio

from backchannel.cli.options import ConfigFile, DataDir, load_settings, require_database


def migrate(config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema. `serve` does this at its start."""
    from backchannel.app.locking import locked_alone
    from backchannel.storage.opening import migrate as migrate_storage
    from backchannel.storage.shared.urls import without_password

    settings = load_settings(config, data_dir=data_dir).settings
    require_database(settings)
    with locked_alone(settings):
        asyncio.run(migrate_storage(settings.storage_url))
    print(f"up to date: {without_password(settings.storage_url)}")
