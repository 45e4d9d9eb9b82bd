"""Network addresses as budgets count them."""

import ipaddress


def network(address: str) -> str:
    """The part of an address that counts as one client: IPv4 whole, of IPv6 the /64 network.

    A /64 is the least that a customer is given. Text that is no address stays as it is, and
    an IPv4 client on an IPv6 socket counts by its IPv4 address (RFC 4291, section 2.5.5.2).
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
