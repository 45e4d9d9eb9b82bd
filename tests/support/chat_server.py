"""A whole server on the test's own event loop, so that a test can look at its storage."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from backchannel.app.doors import ERRORS, open_doors
from backchannel.chat.core import Core
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.application import http_app
from backchannel.dialects.shared.docs import Docs
from backchannel.dialects.shared.edge import EdgePolicy
from backchannel.transports.http.factory import http_protocol
from backchannel.transports.websocket.factory import websocket_protocol


@dataclass(frozen=True)
class ChatServer:
    """Every dialect on one port, over `core`."""

    core: Core
    desk: Switchboard
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@asynccontextmanager
async def chat_server(core: Core, *, origins: Sequence[str] = ()) -> AsyncGenerator[ChatServer]:
    """A running server, stopped at the end. The pages of `origins` may use it."""
    desk = Switchboard(core)
    doors = open_doors(desk, origins=origins)
    config = uvicorn.Config(
        http_app(
            core,
            doors.http,
            edge=EdgePolicy(cors_origins=origins),
            errors=ERRORS,
            draining=lambda: False,
            docs=Docs("0"),
        ),
        port=0,
        http=http_protocol(),
        ws=websocket_protocol(doors.websockets, origins=origins),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    rounds = asyncio.create_task(desk.run())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.005)
    try:
        yield ChatServer(core, desk, server.servers[0].sockets[0].getsockname()[1])
    finally:
        rounds.cancel()
        doors.drain()
        server.should_exit = True
        await serving
        await core.sending.stop()
        await core.receipts.flush()
