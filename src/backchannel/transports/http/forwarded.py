"""Who the client is when a reverse proxy stands in front (X-Forwarded-For and -Proto)."""

from collections.abc import Mapping, Sequence

from backchannel.transports.http.caps import Network, contains


def client_of(
    peer: tuple[str, int], headers: Mapping[str, str], trusted: Sequence[Network]
) -> tuple[str, int]:
    """Return the address and port that the nearest trusted proxy saw.

    Read from the right, each hop counts only as long as the one that named it is trusted, so
    that a client cannot name itself. A client behind a proxy has port 0.
    """
    if not contains(trusted, peer[0]):
        return peer
    client = peer
    for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
        if not (address := hop.strip()):
            break
        client = (address, 0)
        if not contains(trusted, address):
            break
    return client


def is_secure(
    peer: tuple[str, int], headers: Mapping[str, str], trusted: Sequence[Network], *, tls: bool
) -> bool:
    """Whether the client's own connection is encrypted, here or at a trusted proxy."""
    if contains(trusted, peer[0]):
        return headers.get("x-forwarded-proto", "").strip().lower() in {"https", "wss"} or tls
    return tls
