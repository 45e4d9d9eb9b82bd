"""`backchannel config`: the settings, a check of them, and their reference."""

from typing import Annotated

import typer

from backchannel.cli.options import ConfigFile, load_settings
from backchannel.cli.output import fail, print_table
from backchannel.settings import Loaded, load
from backchannel.settings.catalogue import entries
from backchannel.settings.reference import reference, shown

group = typer.Typer(help="Show, check and document the settings.", no_args_is_help=True)


@group.command()
def show(
    config: ConfigFile = None,
    *,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only settings that differ from their defaults.")
    ] = False,
) -> None:
    """Print every setting with its value and where it was written; secrets are masked."""
    loaded = load({}, config=config, lenient=True)
    fail(*(f"warning: {problem}" for problem in (*loaded.warnings, *loaded.problems)))
    paths = loaded.written if changed else entries()
    print_table([_row(loaded, path) for path in entries() if path in paths])


@group.command()
def check(config: ConfigFile = None) -> None:
    """Check whether the server would start with these settings."""
    from backchannel.settings.certificates import named_files, server_context

    loaded = load_settings(config, uses=None)
    files = named_files(loaded.settings)
    if files:
        server_context(files)
    print("settings OK")


@group.command()
def docs() -> None:
    """Print the reference of all settings, the source of docs/settings.md."""
    print(reference(), end="")


def _row(loaded: Loaded, path: str) -> tuple[str, str, str]:
    item = loaded.written.get(path)
    origin = f"{item.name} ({item.origin})" if item else "default"
    return path, shown(loaded.settings, path), origin
