"""The client's address behind reverse proxies: X-Forwarded-*, Forwarded (RFC 7239)."""

import ipaddress
import re
from collections.abc import Mapping, Sequence

from backchannel.transports.http.limits import Network, contains

Peer = tuple[str, int]

_HOPS = 32
"""Most proxies in a row that are looked at."""
_LONGEST = 2_048
"""Characters of the longest `Forwarded` field that is read."""
_PAIR = re.compile(r'\s*(\w+)=([^\s",;]+|"(?:[^"\\]|\\.)*")\s*(?:([;,])|$)', re.ASCII)
_ESCAPE = re.compile(r"\\(.)")


def client_of(peer: Peer, headers: Mapping[str, str], trusted: Sequence[Network]) -> Peer:
    """Return the address and port that the nearest trusted proxy saw.

    Read from the right, a hop counts only if the one that named it is trusted, so
    that a client cannot name itself. A client behind a proxy has port 0. Where a proxy hides
    the client (`unknown`, `_name`), the client is that proxy.
    """
    if not contains(trusted, peer[0]):
        return peer
    return _walked(peer, _hops(headers)[0], trusted)[0]


def is_secure(
    peer: Peer, headers: Mapping[str, str], trusted: Sequence[Network], *, tls: bool
) -> bool:
    """True if the client's own connection is encrypted: as its proxy says, or else `tls`."""
    if not contains(trusted, peer[0]):
        return tls
    nodes, protocols = _hops(headers)
    if not protocols:
        return tls
    _, depth = _walked(peer, nodes, trusted)
    # A proxy may leave the list as it is: the last ones then have added nothing to it.
    protocol = protocols[max(len(protocols) - max(depth, 1), 0)]
    return protocol in {"https", "wss"} if protocol else tls


def _walked(peer: Peer, nodes: Sequence[str], trusted: Sequence[Network]) -> tuple[Peer, int]:
    """The client, and the number of nodes, from the right, that lead to it."""
    client, depth = peer, 0
    for node in reversed(nodes[-_HOPS:]):
        depth += 1
        address = _address(node)
        if address is None:
            break
        client = (address, 0)
        if not contains(trusted, address):
            break
    return client, depth


def _hops(headers: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The nodes and the protocols that proxies have named, nearest last.

    `Forwarded` is read for values that X-Forwarded-* lacks: a proxy sets one of them.
    """
    elements = _elements(headers.get("forwarded", ""))
    nodes = _list(headers.get("x-forwarded-for", ""))
    protocols = _list(headers.get("x-forwarded-proto", ""))
    return (
        nodes or [each.get("for", "") for each in elements],
        [each.lower() for each in protocols or [each.get("proto", "") for each in elements]],
    )


def _list(value: str) -> list[str]:
    return [each.strip() for each in value.split(",")] if value.strip() else []


def _elements(value: str) -> list[dict[str, str]]:
    """The elements of a `Forwarded` field; none of them if it is malformed anywhere, or too long.

    An unclosed quote from a client would otherwise include the fields that the proxy adds.
    """
    if len(value) > _LONGEST:
        return []
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(value):
        pair = _PAIR.match(value, position)
        if pair is None:
            return []
        name, text, separator = pair.groups()
        if text.startswith('"'):
            text = _ESCAPE.sub(r"\1", text[1:-1])
        elements[-1][name.lower()] = text
        if separator == ",":
            elements.append({})
        position = pair.end()
    return [each for each in elements if each]


def _address(node: str) -> str | None:
    """A node's IP address without port and brackets; None for a hidden one."""
    if node.startswith("["):
        node = node[1:].partition("]")[0]
    elif node.count(":") == 1:
        node = node.partition(":")[0]
    try:
        return plain_address(str(ipaddress.ip_address(node.partition("%")[0])))
    except ValueError:
        return None


def plain_address(address: str) -> str:
    """The same address; that of an IPv4 client on an IPv6 socket is its own (RFC 4291, 2.5.5.2)."""
    if not address.lower().startswith("::ffff:"):
        return address
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return address if mapped is None else str(mapped)
