"""`backchannel serve`: start the server."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from backchannel import __version__
from backchannel.cli.options import (
    ConfigFile,
    DataDir,
    is_encrypted,
    own_url,
    repeated,
    settings_to_open,
)
from backchannel.cli.output import own_command
from backchannel.settings import Settings
from backchannel.settings.groups import TlsMode
from backchannel.settings.model import Environment
from backchannel.settings.values import is_loopback
from backchannel.storage.shared.urls import without_password


def serve(  # noqa: PLR0913 - one for each option
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The TCP port to listen on.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    tls: Annotated[
        TlsMode | None, typer.Option(help="The use of HTTPS.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="The number of worker processes; 0: one per core.", show_default=False),
    ] = None,
    config: ConfigFile = None,
    *,
    production: Annotated[
        bool,
        typer.Option("--production", help="Refuse settings that are only safe for development."),
    ] = False,
    worker: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the server and run it until it is stopped.

    Every option is also a setting: see `backchannel config show`.
    """
    settings = settings_to_open(
        config,
        uses=None,
        host=host,
        port=port,
        data_dir=data_dir,
        **{"tls.mode": tls},
        environment=Environment.PRODUCTION if production else None,
        workers=workers,
    )
    from backchannel.app import Worker, run, supervise

    def greet(port: int) -> None:
        print(greeting(settings, port, repeated(config, data_dir)), flush=True)

    if worker is not None:
        raise typer.Exit(run(settings, ready=greet, worker=Worker.of(worker)))
    if settings.worker_count > 1:
        raise typer.Exit(supervise(settings, sys.argv[1:], ready=greet))
    raise typer.Exit(run(settings, ready=greet))


def greeting(settings: Settings, port: int, options: str = "") -> str:
    """The start message: the server's address, its data, and the first steps."""
    command = own_command()
    lines = [
        f"Backchannel {__version__}, {settings.environment}",
        f"  address     {own_url(settings, port)}  ({_reach(settings)})",
        f"  data        {settings.data_dir.resolve()}",
        *_database(settings),
        f"  first user  {command} user add NAME{options}",
        "  stop        Ctrl-C",
    ]
    if settings.exposed and not settings.production:
        lines.append("  WARNING     development on the network: " + "; ".join(_gaps(settings)))
    return "\n".join(lines)


def _database(settings: Settings) -> list[str]:
    """The database, unless it is the file in the data folder."""
    url = settings.database_url
    return [f"  database    {without_password(url)}"] if url else []


def _reach(settings: Settings) -> str:
    if is_loopback(settings.host):
        return "this machine only; --host 0.0.0.0 for the network"
    return "reachable from the network"


def _gaps(settings: Settings) -> Iterator[str]:
    """The differences from production mode, and how to remove them."""
    if not is_encrypted(settings):
        yield "plain HTTP, so passwords can be read on their way"
    if settings.show_docs:
        yield "/docs is public"
    if settings.show_metrics:
        yield "/metrics is public"
    if not settings.allowed_hosts:
        yield "every Host is answered"
    if settings.jwt_secret is None:
        yield "the signing key lies in the data folder"
    yield "for others use --production (docs/operations.md)"
