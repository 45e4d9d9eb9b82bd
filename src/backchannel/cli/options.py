"""Options that several commands share, and the settings and addresses that follow from them."""

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.output import fail
from backchannel.settings import Loaded, Settings, load
from backchannel.settings.certificates import named_files
from backchannel.settings.groups import TlsMode
from backchannel.settings.private import make_private_dir
from backchannel.settings.values import is_loopback
from backchannel.storage import CannotOpen

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

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # what the operator may have written


def load_settings(
    config: Path | None, *, uses: Collection[str] | None = (), **options: object
) -> Loaded:
    """The settings of this run; reports ignored ones. Raises `SettingsError`.

    `uses` are the settings that must be fit for a server, such as the secret of production; None:
    all of them. A command asks for no more than it uses.
    """
    loaded = load(options, config=config, uses=uses)
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
            "settings with --config (`serve` and `user add` create a new one)"
        )


def repeated(config: Path | None, data_dir: Path | None) -> str:
    """The options of this command line that another command needs as well, ready to copy."""
    given = (("--config", config), ("--data-dir", data_dir))
    return "".join(f" {option} {shlex.quote(str(path))}" for option, path in given if path)


def settings_to_open(
    config: Path | None, *, uses: Collection[str] | None = (), **options: object
) -> Settings:
    """The settings of a command that opens the database; creates its folder."""
    settings = load_settings(config, uses=uses, **options).settings
    make_private_dir(settings.data_dir)
    return settings


def own_url(settings: Settings, port: int | None = None) -> str:
    """The address to type on this machine; `port` is the one in use. Raises `SettingsError`."""
    local = settings.host in EVERYWHERE or is_loopback(settings.host)
    host = "localhost" if local else settings.host
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if is_encrypted(settings) else "http"
    return f"{scheme}://{host}:{settings.port if port is None else port}"


def is_encrypted(settings: Settings) -> bool:
    """True if the server has a certificate. Raises `SettingsError`."""
    return settings.tls.mode is TlsMode.SELF_SIGNED or named_files(settings) is not None
