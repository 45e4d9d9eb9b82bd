"""Hosts and origins: the Host header (RFC 9110, section 7.2), and the lists of those allowed."""

import ipaddress
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

UNKNOWN_HOST = "this server does not answer to that Host; its operator sets allowed_hosts"

_PORT = r"(?::(?P<port>[0-9]{0,5}))?"
_HOST = re.compile(
    r"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+))" + _PORT
)

ANY_ORIGIN = "*"
ANY_PORT = ":*"
"""At the end of a listed origin, such as `http://localhost:*`."""


class Host(NamedTuple):
    """A host as it is compared: lower case, without a last dot; an IP address in short form.

    An IPv6 address has no brackets. `port` is empty if none is given.
    """

    name: str
    port: str = ""


class Hosts:
    """The hosts that the server answers to (rule S14); an empty list means all hosts.

    `*.example.org` is every name below `example.org`. An entry with a port is that port only,
    any other is every port. Raises `ValueError` for an entry that could never match.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._exact: set[Host] = set()
        self._below: dict[str, set[str]] = {}
        for entry in entries:
            host = parse_entry(entry)
            if host.name.startswith("*."):
                self._below.setdefault(host.name[1:], set()).add(host.port)
            else:
                self._exact.add(host)

    def allow(self, value: str | None) -> bool:
        """True if a request with this Host header is answered."""
        if not self._exact and not self._below:
            return True
        host = parse_host(value or "")
        if host is None:
            return False
        ports = [port for port in ("80", "443") if not host.port] or [host.port]
        if any(Host(host.name, port) in self._exact for port in ("", *ports)):
            return True
        return any(
            host.name.endswith(suffix) and not allowed.isdisjoint(("", *ports))
            for suffix, allowed in self._below.items()
        )


def parse_host(value: str) -> Host | None:
    """A Host header's value, or None if it does not have the form of a host."""
    found = _HOST.fullmatch(value.strip(" \t"))
    if found is None or int(found["port"] or 0) > 65_535:
        return None
    if found["literal"] is None:
        return Host(_comparable(found["name"]), found["port"] or "")
    try:
        return Host(str(ipaddress.IPv6Address(found["literal"])), found["port"] or "")
    except ValueError:
        return None


def parse_entry(entry: str) -> Host:
    """An entry of the list of hosts. Raises `ValueError`, which names the valid form."""
    try:
        return Host(str(ipaddress.IPv6Address(entry)))
    except ValueError:
        pass
    beginning = "*." if entry.startswith("*.") else ""
    try:
        # Browsers send names in their ASCII form (RFC 5891); others may be written as read.
        host = parse_host(entry.removeprefix("*.").encode("idna").decode())
    except UnicodeError:
        host = None
    if host is None:
        raise ValueError(
            "a host is a name or an IP address, with a port or without, such as "
            "chat.example.org, *.example.org, chat.example.org:8443 or [::1]"
        )
    return Host(beginning + host.name, host.port)


def is_local(host: Host | None) -> bool:
    """True for this machine and for IP addresses, false for names on the network."""
    if host is None or host.name == "localhost" or host.name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host.name)
    except ValueError:
        return False
    return True


def _comparable(name: str) -> str:
    return name.lower().removesuffix(".")


def is_listed(origin: str, allowed: Collection[str]) -> bool:
    """True if `origin`, as a browser sends it, is one of the allowed ones (RFC 6454)."""
    if origin in allowed or ANY_ORIGIN in allowed:
        return True
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        host = authority  # the scheme's own port, which browsers leave out
    return f"{scheme}://{host}{ANY_PORT}" in allowed
