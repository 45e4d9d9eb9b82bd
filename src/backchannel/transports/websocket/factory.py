"""WebSocket endpoints as a uvicorn server takes them."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from uvicorn.server import ServerState

from backchannel.budgets.held import HeldBytes
from backchannel.transports.http.caps import Network
from backchannel.transports.http.hosts import Hosts
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.endpoint import Endpoint
from backchannel.transports.websocket.limits import Limits
from backchannel.transports.websocket.service import Service
from backchannel.transports.websocket.upgrade import Upgrade


def websocket_protocol(
    endpoints: Mapping[str, Endpoint],
    limits: Limits | None = None,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    deflate: Deflate | None = None,
    trusted_proxies: Sequence[Network] = (),
    strangers: HeldBytes | None = None,
) -> type[asyncio.Protocol]:
    """Return what `uvicorn.Config(ws=...)` takes.

    `endpoints` maps a path, exactly as in the request line, to what serves it; the mapping is
    read at each upgrade. `hosts` are the names answered to (see `Hosts`). `origins` are the
    foreign origins let in, such as "https://chat.example"; a page from our own host always is.
    `deflate` turns permessage-deflate on. `trusted_proxies` may name the client.
    `strangers` bounds what is held for all clients together that have not logged in.
    """
    service = Service(
        endpoints,
        limits or Limits(),
        hosts=Hosts(hosts),
        origins=origins,
        strangers=strangers or HeldBytes(),
        deflate=deflate,
        trusted_proxies=trusted_proxies,
    )

    def build(*, server_state: ServerState, **_config_and_app_state: Any) -> Upgrade:
        return Upgrade(service, server_state)

    # uvicorn's annotation names a class, but it only ever calls it
    return cast("type[asyncio.Protocol]", cast("Callable[..., asyncio.Protocol]", build))
