"""Our Socket.IO transport as a relay without storage: `-m benchmarks.socketio_relay PORT`.

The same as `node/socketio_relay.cjs`, so that the two transports can be compared.
"""

import sys
from typing import Any

import uvicorn

from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.socketio.endpoint import Accepted, Ack, ConnectRequest, Socket
from backchannel.transports.socketio.server import SocketIo
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.upgrade import websocket_protocol

MANY = 100_000

peers: dict[str, Socket] = {}


class Relay:
    """Hands what one client sends to another."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def opened(self, socket: Socket) -> None:
        peers[self._name] = socket

    def event_received(self, name: str, args: list[Any], ack: Ack | None) -> None:
        del ack
        peer = peers.get(args[0]["to"])
        if peer is not None:
            peer.emit(name, args[0])

    def flushed(self) -> None:
        """Do nothing: nothing waits for a flush."""

    def closed(self, reason: str) -> None:
        """Do nothing: all clients end at once."""


async def connect(request: ConnectRequest) -> Accepted:
    return Accepted(Relay(request.auth["name"]))


def main() -> None:
    engine = EngineIoSettings(sessions=MANY, sessions_per_address=MANY)
    server = SocketIo({"/": connect}, engine=engine)
    limits = Limits(sockets=MANY, sockets_per_address=MANY)
    uvicorn.run(
        server.polling,
        port=int(sys.argv[1]),
        ws=websocket_protocol({"/socket.io/": server.websocket}, limits),
        lifespan="off",
        log_level="error",
        loop="uvloop",
    )


if __name__ == "__main__":
    main()
