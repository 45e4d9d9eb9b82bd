"""Options that several commands take, and the settings that follow from them."""

from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.output import fail
from backchannel.settings import Loaded, Settings, load
from backchannel.settings.private import make_private_dir

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The TOML file to read instead of ./backchannel.toml.",
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="The folder of everything the server keeps.", show_default=False
    ),
]


def load_settings(config: Path | None, **options: object) -> Loaded:
    """The settings of this run; what was ignored in them is said. Raises `SettingsError`."""
    loaded = load(options, config=config)
    fail(*(f"warning: {problem}" for problem in loaded.warnings))
    return loaded


def settings_to_open(config: Path | None, **options: object) -> Settings:
    """The settings of a command that opens the database; its folder is there afterwards."""
    settings = load_settings(config, **options).settings
    make_private_dir(settings.data_dir)
    return settings
