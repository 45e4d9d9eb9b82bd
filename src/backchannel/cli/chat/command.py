"""The command itself: log in, connect, talk, log out."""

import asyncio
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from backchannel.cli.address import own_url
from backchannel.cli.options import ConfigFile, load_settings


def chat(
    name: Annotated[str, typer.Argument(help="Your username.", show_default=False)],
    peer: Annotated[
        str | None,
        typer.Option("--with", help="Whom to talk to.", metavar="NAME", show_default=False),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="The server's address; by default the one of the settings found here.",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="A certificate to trust, PEM.", exists=True, show_default=False),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Talk in the terminal. The password is asked for, or is the first line of input."""
    from backchannel.cli.chat.conversation import converse

    url = (server or own_url(load_settings(config).settings)).rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise typer.BadParameter("an address such as https://chat.example.org", param_hint="server")
    tls = ssl.create_default_context(cafile=trust) if url.startswith("https") else None
    asyncio.run(converse(url, tls, name, peer))
