"""A TLS listener whose unfinished handshakes are few, however many clients begin one (rule S18)."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from backchannel.budgets.rates import network
from backchannel.telemetry.logs import SparingLog
from backchannel.transports.deadlines import Deadlines

log = SparingLog(logging.getLogger("backchannel.transports.http"))

UNFINISHED = 256
"""Most handshakes in progress; each takes some 60 KB."""
PATIENCE = 1.0
"""Seconds that a handshake has before another client may take its place."""
LARGE_SHARE = 1 / 8
"""The share of all handshakes from which on one address is not waited for."""
SHUTDOWN_TIMEOUT = 1.0
"""Seconds for which the server waits until a client answers the end of TLS (RFC 8446, 6.1)."""
_NO_TIMEOUT = 86_400.0
"""Seconds; asyncio's timeout counts the time for which the process stands still as well."""
PAUSE = 0.2
"""Seconds until the next attempt to accept where the process has too many open files."""


class _Handshake(NamedTuple):
    """A handshake in progress. `begun_at` is in seconds of the monotonic clock."""

    connection: socket.socket
    begun_at: float


_Key = tuple[str, asyncio.Task[None]]
"""The address of a handshake, and its task."""


class TlsListener:
    """Accepts connections and hands them to protocols that `build` makes.

    While too many handshakes are in progress, a new connection waits: many users may come back at
    the same time. It takes the place of the oldest handshake of the address with the most of them
    once that has had `PATIENCE`, and at once if the address has a large share of all.
    """

    def __init__(
        self,
        listener: socket.socket,
        build: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        *,
        deadline: float,
        unfinished: int = UNFINISHED,
        patience: float = PATIENCE,
    ) -> None:
        """`deadline` is the limit on a handshake in seconds; for `patience` see `PATIENCE`."""
        listener.setblocking(False)  # noqa: FBT003 - the standard library's parameter
        self.sockets = (listener,)
        self._build = build
        self._context = context
        self._deadlines = Deadlines(deadline, self._end)
        self._most = unfinished
        self._patience = patience
        self._handshakes: dict[str, dict[asyncio.Task[None], _Handshake]] = {}
        self._total = 0
        self._ended = asyncio.Event()
        self._accepting = asyncio.create_task(self._accept(listener))

    def close(self) -> None:
        """Accept no more connections, and give up the handshakes in progress."""
        self._accepting.cancel()
        self.sockets[0].close()
        while self._handshakes:
            self._give_up(self._fullest())

    async def wait_closed(self) -> None:
        """Wait until nothing more is accepted."""
        await asyncio.wait([self._accepting])

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("cannot accept a connection", reason=error)
                await asyncio.sleep(PAUSE)
                continue
            try:
                await self._make_room()
            except asyncio.CancelledError:
                connection.close()
                raise
            self._begin(connection, network(address[0]))

    async def _make_room(self) -> None:
        while self._total >= self._most:
            address = self._fullest()
            handshakes = self._handshakes[address]
            oldest = next(iter(handshakes.values()))
            patience = oldest.begun_at + self._patience - time.monotonic()
            if patience <= 0 or len(handshakes) > self._most * LARGE_SHARE:
                self._give_up(address)
                return
            self._ended.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._ended.wait()

    def _fullest(self) -> str:
        """The address with the most handshakes in progress."""
        return max(self._handshakes, key=lambda each: len(self._handshakes[each]))

    def _begin(self, connection: socket.socket, address: str) -> None:
        task = asyncio.create_task(self._shake_hands(connection))
        self._handshakes.setdefault(address, {})[task] = _Handshake(connection, time.monotonic())
        self._total += 1
        self._deadlines.add((address, task))
        task.add_done_callback(lambda _: self._forget(address, task))

    async def _shake_hands(self, connection: socket.socket) -> None:
        with suppress(OSError):  # a client that has failed, or that took too long
            await asyncio.get_running_loop().connect_accepted_socket(
                self._build,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=_NO_TIMEOUT,
                ssl_shutdown_timeout=SHUTDOWN_TIMEOUT,
            )

    def _give_up(self, address: str) -> None:
        """End the oldest handshake of an address."""
        self._end((address, next(iter(self._handshakes[address]))))

    def _end(self, key: _Key) -> None:
        """End a handshake in progress."""
        address, task = key
        connection = self._handshakes[address][task].connection
        self._forget(address, task)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # ends its task, too

    def _forget(self, address: str, task: asyncio.Task[None]) -> None:
        handshakes = self._handshakes.get(address, {})
        if handshakes.pop(task, None) is not None:
            self._total -= 1
            self._deadlines.discard((address, task))
            self._ended.set()
        if not handshakes:
            self._handshakes.pop(address, None)
