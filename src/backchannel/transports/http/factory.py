"""The HTTP protocol as a uvicorn server takes it."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from backchannel.transports.http.caps import Caps, Network
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import HttpProtocol, HttpService


def http_protocol(
    limits: HttpLimits | None = None, *, trusted_proxies: Sequence[Network] = ()
) -> type[asyncio.Protocol]:
    """Return what `uvicorn.Config(http=...)` takes.

    `trusted_proxies` are not held to the cap on connections from one address.
    """
    limits = limits or HttpLimits()
    caps = Caps(limits.connections, limits.connections_per_address, trusted_proxies)
    build: Callable[..., asyncio.Protocol] = partial(HttpProtocol, HttpService(limits, caps))
    # uvicorn's annotation names a class, but it only ever calls it
    return cast("type[asyncio.Protocol]", build)
