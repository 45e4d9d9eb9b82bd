"""`backchannel serve`: start the server."""

from typing import Annotated

import typer

from backchannel import __version__
from backchannel.cli.address import LOOPBACK, own_url
from backchannel.cli.options import ConfigFile, DataDir, settings_to_open
from backchannel.cli.output import own_command
from backchannel.settings import Settings
from backchannel.settings.groups import TlsMode
from backchannel.settings.model import Environment


def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The TCP port to listen on.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    tls: Annotated[
        TlsMode | None, typer.Option(help="Whether to serve HTTPS.", show_default=False)
    ] = None,
    config: ConfigFile = None,
    *,
    production: Annotated[
        bool, typer.Option("--production", help="Refuse what is only safe for development.")
    ] = False,
) -> None:
    """Start the server and run it until it is stopped.

    Every option is also a setting: see `backchannel config show`.
    """
    settings = settings_to_open(
        config,
        host=host,
        port=port,
        data_dir=data_dir,
        **{"tls.mode": tls},
        environment=Environment.PRODUCTION if production else None,
    )
    print(greeting(settings), flush=True)
    from backchannel.app import run

    raise typer.Exit(run(settings))


def greeting(settings: Settings) -> str:
    """Where the server listens, where its data lies, and what to do first."""
    command = own_command()
    lines = [
        f"Backchannel {__version__}, {settings.environment}",
        f"  address     {own_url(settings)}  ({_reach(settings.host)})",
        f"  data        {settings.data_dir.resolve()}",
        f"  first user  {command} user add NAME",
        "  stop        Ctrl-C",
    ]
    return "\n".join(lines)


def _reach(host: str) -> str:
    if host in LOOPBACK:
        return "this machine only; --host 0.0.0.0 for the network"
    return "reachable from the network"
