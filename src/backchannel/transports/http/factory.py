"""The HTTP protocol as a uvicorn server takes it."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from backchannel.budgets.held import HeldBytes
from backchannel.transports.http.limits import HttpLimits, Network
from backchannel.transports.http.protocol import HttpProtocol
from backchannel.transports.http.service import HttpService


def http_protocol(
    limits: HttpLimits | None = None,
    *,
    trusted_proxies: Sequence[Network] = (),
    held_before_login: HeldBytes | None = None,
) -> type[asyncio.Protocol]:
    """Return what `uvicorn.Config(http=...)` takes.

    `trusted_proxies` are not held to the cap on connections from one address.
    `held_before_login` bounds what is held for all clients whose request has not started yet.
    """
    limits = limits or HttpLimits()
    service = HttpService(limits, trusted_proxies, held_before_login or HeldBytes())
    build: Callable[..., asyncio.Protocol] = partial(HttpProtocol, service)
    # uvicorn's annotation names a class, but it only ever calls it
    return cast("type[asyncio.Protocol]", build)
