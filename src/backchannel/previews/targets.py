"""The target of a URL: checked before anything is sent there."""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence

import httpx

from backchannel.domain.errors import Invalid
from backchannel.domain.previews import URL_LIMIT
from backchannel.previews.addresses import Address, is_public

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a host name, as text. Raises `OSError`."""

DEFAULT_PORTS = {"http": 80, "https": 443}
ATTEMPTS = 2
"""The number of addresses of a host that are tried."""

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


class Unreachable(Exception):
    """The page cannot be fetched, or must not be; the text is for the log only."""


def parse(text: str, *, ports: Collection[int]) -> httpx.URL:
    """A web address without its fragment. Raises `Invalid`."""
    if len(text) > URL_LIMIT:
        raise Invalid(f"url is longer than {URL_LIMIT:,} characters", field="url")
    try:
        url = httpx.URL(text).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise Invalid("url is not a web address", field="url") from None
    if url.scheme not in DEFAULT_PORTS or not _is_host(url.raw_host.decode("ascii")):
        raise Invalid("url must begin with http:// or https:// and a host", field="url")
    if url.userinfo:
        raise Invalid("url must not contain a user or a password", field="url")
    if port_of(url) not in ports:
        raise Invalid("url must not name this port", field="url")
    return url


def port_of(url: httpx.URL) -> int:
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


class Guard:
    """Finds the addresses of hosts, and lets public ones pass only.

    `resolve` and `permits` are the ones of the internet, unless a test brings its own.
    """

    def __init__(self, resolve: Resolve, permits: Callable[[Address], bool] = is_public) -> None:
        self._resolve = resolve
        self._permits = permits

    async def addresses(self, host: str) -> list[Address]:
        """The addresses to connect to. Raises `Unreachable` if any of the host's is not public."""
        try:
            found = [ipaddress.ip_address(each) for each in await self._resolve(host)]
        except (OSError, ValueError) as error:  # an unknown name, or one that is too long
            raise Unreachable(f"{host} has no address: {error}") from None
        refused = [address for address in found if not self._permits(address)]
        if refused or not found:
            raise Unreachable(f"{host} is not public: {refused}")
        return list(dict.fromkeys(found))[:ATTEMPTS]


def system_addresses(host: str) -> list[str]:
    """The answer of the system's resolver; may block for seconds. Raises `OSError`."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return not ipaddress.IPv6Address(host).scope_id
        except ValueError:
            return False
    return bool(_NAME.fullmatch(host))
