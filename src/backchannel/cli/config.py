"""`backchannel config`: what the settings are, whether they hold, and their reference."""

from typing import Annotated

import typer

from backchannel.cli.options import ConfigFile, load_settings
from backchannel.settings import Loaded
from backchannel.settings.catalogue import entries
from backchannel.settings.reference import reference, shown

group = typer.Typer(help="Show, check and document the settings.", no_args_is_help=True)


@group.command()
def show(
    config: ConfigFile = None,
    *,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only those that are not at their default.")
    ] = False,
) -> None:
    """Print every setting with its value and where it was written; secrets are masked."""
    loaded = load_settings(config)
    paths = loaded.written if changed else entries()
    rows = [_row(loaded, path) for path in entries() if path in paths]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for path, value, origin in rows:
        print(f"{path:{widths[0]}}  {value:{widths[1]}}  {origin}")


@group.command()
def check(config: ConfigFile = None) -> None:
    """Say whether the server would start with these settings, and what is wrong."""
    from backchannel.settings.certificates import named_files, server_context

    loaded = load_settings(config)
    files = named_files(loaded.settings)
    if files:
        server_context(files)
    print("the settings are good")


@group.command()
def docs() -> None:
    """Print the reference of all settings, the source of docs/settings.md."""
    print(reference(), end="")


def _row(loaded: Loaded, path: str) -> tuple[str, str, str]:
    item = loaded.written.get(path)
    origin = f"{item.name} ({item.origin})" if item else "default"
    return path, shown(loaded.settings, path), origin
