"""The target of a URL: checked before anything is sent there."""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import httpx

from backchannel.domain.errors import Invalid
from backchannel.ports.previews import URL_LIMIT

Address = IPv4Address | IPv6Address

# Networks that are not public by the registries of special-purpose addresses (RFC 6890), and those
# for relays and documentation. Python's own tables differ between its versions.
_SPECIAL_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# Only this is given out as global unicast: mapped, translated (NAT64) and local addresses
# lie outside of it.
_UNICAST_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, and Teredo, which contains an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which contains an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]


def is_public(address: Address) -> bool:
    """True if an address is a host on the public internet, by itself and not by translation."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)


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
        known = " or ".join(str(each) for each in sorted(ports))
        raise Invalid(f"url must have port {known}, not {port_of(url)}", field="url")
    return url


def port_of(url: httpx.URL) -> int:
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


class PublicResolver:
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
