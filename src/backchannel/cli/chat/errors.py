"""Errors between the client and a server, worded so that the user can act on them."""

import os
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from backchannel.cli.chat.account import ChosenServer
from backchannel.domain.errors import ChatError
from backchannel.telemetry.failures import causes
from backchannel_client import ApiError


class Refused(ChatError):
    """The chat cannot go on; the text says why."""


def login_refused(server: ChosenServer, error: ApiError) -> Refused:
    """The error that ends the chat if the login has failed."""
    reason = explained(server.url, error)
    refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes(error))
    if refused and server.is_default:
        reason += "; if the server is elsewhere, name its URL with --server"
    return Refused(reason)


def explained(url: str, error: Exception) -> str:
    """The reason that a request to the server at `url` failed, and the remedy, in one line."""
    if not isinstance(error, ApiError):
        return _unreachable(url, error)
    if error.status == 0:
        return _unreachable(url, error.__cause__ or error)
    if error.code == "redirected":
        return f"{error.detail}; name its address with --server"
    if error.code == "not_understood":
        return error.detail
    return f"the server says: {error.detail}"


def unsent(count: int, folder: Path, name: str) -> str:
    """A line for a user who leaves: `count` messages are not sent, and not lost."""
    return (
        f"{count} message{'s' * (count > 1)} not sent; kept in {folder} and sent when {name} starts"
        " `backchannel chat` with this server again"
    )


def _unreachable(url: str, error: BaseException) -> str:
    other = "https" if url.startswith("http:") else "http"
    advice = f"try --server {other}://{urlsplit(url).netloc}"
    found = list(causes(error))
    for cause in found:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {url} is not trusted: {cause.verify_message}; "
                "if it is the server's own, name its file with --trust"
            )
    if any(isinstance(cause, ssl.SSLError) for cause in found):
        return f"{url} does not speak TLS; if it is a plain HTTP server, {advice}"
    reasons = [cause for cause in found if isinstance(cause, OSError)]
    if not reasons or isinstance(reasons[-1], ConnectionResetError):
        return f"{url} does not answer in HTTP; if it uses TLS, {advice}"
    if isinstance(reasons[-1], socket.gaierror):
        return f"{url} cannot be reached: {_not_found(urlsplit(url).hostname, reasons[-1])}"
    if isinstance(reasons[-1], TimeoutError):
        return f"{url} cannot be reached: it does not answer in time"
    number = reasons[-1].errno  # asyncio puts a different text into `strerror`
    return f"{url} cannot be reached: {os.strerror(number) if number else reasons[-1]}"


def _not_found(host: str | None, error: socket.gaierror) -> str:
    """The reason that a host has no address."""
    if error.errno == socket.EAI_NONAME:
        return f"the name {host} is not known"
    return f"the name {host} cannot be looked up: {error.strerror}"
