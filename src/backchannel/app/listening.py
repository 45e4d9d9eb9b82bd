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

from backchannel.transports.http.tls import TlsListener

BACKLOG = 4_096
"""Connections the kernel may hold until they are accepted."""

LAST_SECONDS = 10
"""Seconds for writing pending data after a second signal; then the process ends."""

EVERYWHERE = "::"
"""All addresses of this machine, IPv4 and IPv6."""


class CannotListen(Exception):
    """The address is in use or does not belong to this machine; the text is one line."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; one for `::` accepts IPv4 as well. Raises `CannotListen`."""
    try:
        family, address = _resolved(host, port)
        both = host == EVERYWHERE and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except socket.gaierror:
        raise CannotListen(
            f"cannot listen on {host}: no such host; --host takes an address of this machine, such "
            "as 127.0.0.1, 0.0.0.0 or ::"
        ) from None
    except OSError as error:
        named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(
            f"cannot listen on {named}: {reason}; choose another with --host or --port"
        ) from None


def _resolved(host: str, port: int) -> tuple[int, tuple[Any, ...]]:
    """The family and the address of a host, IPv4 first. Raises `socket.gaierror`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, address


class HttpServer(uvicorn.Server):
    """Stops gracefully on a signal, and without waiting for clients on a second one (rule R12).

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
        self.reason = "asked to"
        """The reason for stopping, for the log."""
        self._before_close = before_close
        self._tls_deadline = tls_deadline

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; uvicorn itself would accept any number of TLS handshakes at once (rule S18)."""
        await super().startup(sockets=[])
        self.servers = [await self._listen(each) for each in sockets or ()]

    async def _listen(self, listener: socket.socket) -> asyncio.Server:
        if self.config.ssl is None:
            loop = asyncio.get_running_loop()
            return await loop.create_server(
                self._protocol, sock=listener, backlog=self.config.backlog
            )
        tls = TlsListener(listener, self._protocol, self.config.ssl, deadline=self._tls_deadline)
        return cast("asyncio.Server", tls)  # uvicorn only ever closes it

    def _protocol(self) -> asyncio.Protocol:
        build = cast("Any", self.config.http_protocol_class)
        protocol: asyncio.Protocol = build(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, run `before_close`, then close the open ones (1012)."""
        for server in self.servers:
            server.close()
        await self._before_close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Do nothing: `handling_signals` handles signals until after uvicorn has stopped."""
        yield

    @contextlib.contextmanager
    def handling_signals(self) -> Generator[None]:
        """Handle signals until everything is written; the process exits 0 after a requested stop.

        SIGHUP is sent when a terminal closes. If it was ignored at the start, as with `nohup`, it
        still is.
        """
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signals.append(signal.SIGHUP)
        before = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.should_exit and not self.force_exit:
            self.force_exit = True
            signal.alarm(LAST_SECONDS)  # SIGALRM ends a process whatever it waits for
        elif not self.should_exit:
            self.reason = signal.Signals(sig).name
        self.should_exit = True


async def started(server: HttpServer) -> None:
    """Wait until the server accepts connections."""
    while not server.started and not server.should_exit:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
