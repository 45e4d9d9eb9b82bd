"""Options that several commands take, and the settings that follow from them."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.output import fail
from backchannel.settings import Loaded, Settings, load
from backchannel.settings.private import make_private_dir
from backchannel.storage.errors import CannotOpen

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
    typer.Option("--data-dir", help="The folder for the server's data.", show_default=False),
]


def load_settings(config: Path | None, **options: object) -> Loaded:
    """The settings of this run; what was ignored in them is said. Raises `SettingsError`."""
    loaded = load(options, config=config)
    fail(*(f"warning: {problem}" for problem in loaded.warnings))
    return loaded


def require_database(settings: Settings) -> None:
    """Raise `CannotOpen` if there is no database yet: a mistyped folder must not make one."""
    from backchannel.app.locking import require_whole
    from backchannel.storage.opening import file_of

    require_whole(settings)
    path = file_of(settings.storage_url)
    if path is not None and not path.is_file():
        raise CannotOpen(
            f"there is no database at {path}; name the server's folder with --data-dir or its "
            "settings with --config (`serve` and `user add` make a new one)"
        )


def repeated(config: Path | None, data_dir: Path | None) -> str:
    """The options of this command line that another command needs as well, ready to copy."""
    given = (("--config", config), ("--data-dir", data_dir))
    return "".join(f" {option} {shlex.quote(str(path))}" for option, path in given if path)


def settings_to_open(config: Path | None, **options: object) -> Settings:
    """The settings of a command that opens the database; its folder is there afterwards."""
    settings = load_settings(config, **options).settings
    make_private_dir(settings.data_dir)
    return settings
