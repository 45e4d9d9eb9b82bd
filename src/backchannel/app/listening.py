"""The uvicorn server: its socket, its signals, and how it stops."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from types import FrameType
from typing import Any, cast

import uvicorn

BACKLOG = 4_096
"""Connections the kernel may hold until they are accepted."""


class CannotListen(Exception):
    """The address is in use or is not ours; the text is one clear line."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(
            f"cannot listen on {host}:{port}: {reason}; choose another with --host or --port"
        ) from None


class Server(uvicorn.Server):
    """Stops in order on SIGTERM, and at once on a second signal (rule R12).

    `tls_deadline` is how long a TLS handshake may take, in seconds.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        before_close: Callable[[], Awaitable[None]],
        tls_deadline: float,
    ) -> None:
        super().__init__(config)
        self._before_close = before_close
        self._tls_deadline = tls_deadline

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; uvicorn would do so too, but give a TLS handshake a minute (rule S18)."""
        await super().startup(sockets=[])
        deadline = self._tls_deadline if self.config.ssl else None
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                self._protocol,
                sock=each,
                ssl=self.config.ssl,
                ssl_handshake_timeout=deadline,
                backlog=self.config.backlog,
            )
            for each in sockets or ()
        ]

    def _protocol(self) -> asyncio.Protocol:
        build = cast("Any", self.config.http_protocol_class)
        protocol: asyncio.Protocol = build(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, let `before_close` finish what was begun, then close (1012)."""
        for server in self.servers:
            server.close()
        await self._before_close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """As uvicorn does, but the process then exits 0: it did what it was told."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


async def started(server: Server) -> None:
    """Wait until the server accepts connections."""
    while not server.started and not server.should_exit:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
