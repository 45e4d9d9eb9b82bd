"""The thin layer below the protocol: text over one WebSocket."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from backchannel_client.closing import LOST

OPENING_TIMEOUT = 10.0
CLOSING_TIMEOUT = 2.0


class Closed(Exception):
    """The connection has ended."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket(Protocol):
    """An open connection. `send` and `receive` raise `Closed`."""

    async def send(self, text: str) -> None: ...

    async def receive(self) -> str | bytes:
        """The next text. Nothing is lost if it is cancelled."""
        ...

    async def close(self) -> None: ...


Open = Callable[[], Awaitable[Socket]]
"""Opens a connection. Raises `OSError` and `TimeoutError`."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a server, such as `https://chat.example.org`, and its TLS settings.

    `host` is the server's name if it differs from `url`.
    """

    url: str
    tls: ssl.SSLContext | None = None
    host: str | None = None


async def open_socket(server: ServerAddress) -> Socket:
    """Connect to `/v1/ws`. Raises `OSError` and `TimeoutError`."""
    at = urlsplit(server.url)
    secure = at.scheme == "https"
    named = at._replace(scheme="wss" if secure else "ws", netloc=server.host or at.netloc)
    try:
        socket = await connect(
            f"{named.geturl().rstrip('/')}/v1/ws",
            host=at.hostname,
            port=at.port or (443 if secure else 80),
            ssl=(server.tls or True) if secure else None,
            open_timeout=OPENING_TIMEOUT,
            close_timeout=CLOSING_TIMEOUT,
            ping_interval=None,  # the protocol has a heartbeat
            max_size=None,
            compression=None,
        )
    except WebSocketException as error:
        raise ConnectionError(str(error)) from error
    return _WebSocket(socket)


class _WebSocket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def receive(self) -> str | bytes:
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def close(self) -> None:
        await self._socket.close()


def _closed(error: ConnectionClosed) -> Closed:
    if error.rcvd is None:
        return Closed(LOST, "connection lost")
    return Closed(error.rcvd.code, error.rcvd.reason or f"closed with {error.rcvd.code}")
