"""An echo server on our WebSocket protocol, for the Autobahn suite to test.

    python tests/autobahn/echo_server.py [uvloop|asyncio]

It prints its port and serves until it is terminated. permessage-deflate is on, with context
takeover and for messages of any size, so that every path of the codec is taken.
"""

import socket
import sys
from typing import Any

import uvicorn

from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.endpoint import Accepted, Limits, Socket, UpgradeRequest
from backchannel.transports.websocket.upgrade import websocket_protocol

DEFLATE = Deflate(server_context_takeover=True, client_context_takeover=True, threshold=0)
# the suite's largest message has 16 MiB; it waits a second for the connection to end
LIMITS = Limits(frame=16 << 20, message=16 << 20, backlog=64 << 20, close_timeout=1)


class Echo:
    """Sends every message back."""

    socket: Socket

    def opened(self, socket: Socket) -> None:
        self.socket = socket

    def text_received(self, payload: bytes) -> None:
        self.socket.send_text(payload)

    def binary_received(self, payload: bytes) -> None:
        self.socket.send_binary(payload)

    def flushed(self) -> None: ...

    def closed(self, code: int, reason: str) -> None: ...


async def echo(request: UpgradeRequest) -> Accepted:
    return Accepted(Echo())


async def nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError


def main(loop: Any = "uvloop") -> None:
    ws = websocket_protocol({"/": echo}, LIMITS, deflate=DEFLATE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the caller reads it
        config = uvicorn.Config(
            nothing_else, ws=ws, http=http_protocol(), loop=loop, lifespan="off", log_config=None
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
