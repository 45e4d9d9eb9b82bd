"""The command itself: the server to talk to and the certificate to trust."""

import asyncio
import os
import ssl
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from backchannel.cli.chat.account import ChosenServer
from backchannel.cli.options import ConfigFile, load_settings, own_url
from backchannel.cli.passwords import known_password
from backchannel.domain.errors import Invalid
from backchannel.settings import Settings
from backchannel.settings.certificates import self_signed_files
from backchannel.settings.groups import TlsMode

Peer = Annotated[
    str | None,
    typer.Option(
        "--with",
        help="The user to talk to, by username or display name.",
        metavar="NAME",
        show_default=False,
    ),
]
ServerUrl = Annotated[
    str | None,
    typer.Option(
        help="The server's URL; by default that of the server with the settings found here.",
        metavar="URL",
        show_default=False,
    ),
]
Trust = Annotated[
    Path | None,
    typer.Option(
        help="A certificate to trust (PEM), for a server with a self-signed one.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]


def chat(
    name: Annotated[str, typer.Argument(help="Your username.", show_default=False)],
    peer: Peer = None,
    server: ServerUrl = None,
    trust: Trust = None,
    config: ConfigFile = None,
) -> None:
    """Chat in the terminal. The password is asked for, or is the first line of input.

    Messages that cannot be sent are kept and sent at the next start.
    """
    host = None
    if server is None:
        settings = load_settings(config).settings
        url, trust = own_url(settings), trust or _own_certificate(settings)
        host = None if url.startswith("https:") else _own_host(settings)
    else:
        url = _checked(server)
    tls = _tls(trust) if url.startswith("https:") else None
    at = ChosenServer(url, tls, host, is_default=server is None)
    raise typer.Exit(_piped(at, name, peer) if _is_piped() else _full_screen(at, name, peer))


def _is_piped() -> bool:
    """True without a terminal that can show a full screen."""
    simple = os.environ.get("TERM", "dumb") in {"dumb", "unknown"}
    return simple or not (sys.stdin.isatty() and sys.stdout.isatty())


def _piped(server: ChosenServer, name: str, peer: str | None) -> int:
    from backchannel.cli.chat.conversation import converse

    password = known_password(f"Password of {name}: ")  # before the event loop handles Ctrl-C
    return asyncio.run(converse(server, name, password, peer))


def _full_screen(server: ChosenServer, name: str, peer: str | None) -> int:
    from backchannel.cli.chat.account import StoredLogin
    from backchannel.cli.chat.ui.start import kept_tokens, show

    stored = StoredLogin(server.url, name)
    tokens = asyncio.run(kept_tokens(server, stored)) if stored.acquire() else None
    login = tokens or known_password(f"Password of {name}: ")
    return asyncio.run(show(server, stored, name, login, peer))


def _checked(url: str) -> str:
    """The URL without the parts that have no meaning here. Raises `typer.BadParameter`."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise typer.BadParameter(
            "must be a URL such as https://chat.example.org", param_hint="--server"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _own_certificate(settings: Settings) -> Path | None:
    """The certificate that the server of these settings has made for itself."""
    if settings.tls.mode is not TlsMode.SELF_SIGNED:
        return None
    certificate = self_signed_files(settings).certificate
    return certificate if certificate.is_file() else None


def _own_host(settings: Settings) -> str | None:
    """A name that the server of these settings answers to; it need not answer to localhost."""
    names = (name for name in settings.allowed_hosts if not name.startswith("*"))
    return next(names, None)


def _tls(trust: Path | None) -> ssl.SSLContext:
    """Raises `Invalid`."""
    try:
        return ssl.create_default_context(cafile=trust)
    except ssl.SSLError:
        raise Invalid(f"{trust} is not a certificate in PEM format") from None
