"""The server as one process: the real core, delivery, dialect and WebSocket, on a disk."""

import asyncio
from collections.abc import Callable
from typing import cast

from uvicorn.server import ServerState

from backchannel.brokers.in_process import InProcessBus
from backchannel.brokers.shared import SharedBus
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.native import socket as native
from backchannel.ports.security import Clock
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.upgrade import websocket_protocol
from tests.simulation.core import make_core
from tests.simulation.disk import Disk, SimulatedDatabase
from tests.simulation.network import Link

NEVER = 1e6
"""Seconds. The sweep over idle sockets walks through sets, whose order no seed decides."""


class ServerProcess:
    """Runs from its creation until `kill` or the end of `stop`, and then calls `ended`."""

    def __init__(
        self,
        disk: Disk,
        clock: Clock,
        *,
        queued: int,
        unread: int,
        bus: InProcessBus,
        ended: Callable[[], None],
    ) -> None:
        self._ended = ended
        self._left: set[asyncio.Task[object]] = set()
        """Tasks of a dead process wait for ever: if one were collected, asyncio would report it."""
        self._links: dict[Link, None] = {}
        self._state = ServerState()
        self.alive = True
        self.listening = True
        self.database = SimulatedDatabase(disk, self.kill, queued=queued)
        self.bus = bus
        self.core = make_core(self.database, self.bus, clock)
        self.connections = ConnectionManager(self.core)
        limits = Limits(ping_interval=NEVER, ping_timeout=NEVER, unread=unread)
        self._protocol = websocket_protocol(native.endpoints(self.connections), limits)
        self._tasks = [asyncio.create_task(self.connections.run())]
        if isinstance(bus, SharedBus):
            self._tasks += map(asyncio.create_task, (bus.open(), self.core.nodes.run()))

    def accept(self, link: Link, head: bytes) -> None:
        """A client has connected, and asks for an upgrade."""
        if not self.listening:
            link.die()
            return
        self._links[link] = None
        build = cast("Callable[..., asyncio.Protocol]", self._protocol)
        protocol = build(server_state=self._state)
        link.attach(protocol, lambda: self._links.pop(link))
        protocol.data_received(head)

    def kill(self) -> None:
        """End at once, in the middle of any work."""
        if self.alive:
            self.alive = self.listening = False
            self.database.dead = True
            for task in self._tasks:
                task.cancel()
            if isinstance(self.bus, SharedBus) and self.bus._link._task is not None:
                self.bus._link._task.cancel()
            for link in tuple(self._links):
                link.die()
            self._left = asyncio.all_tasks()
            self._ended()

    async def stop(self) -> None:
        """End as SIGTERM ends it (rule R12): the order of `app.run`."""
        self.listening = False
        await self.core.sending.stop()
        for link in tuple(self._links):
            link.shut_down()
        await asyncio.sleep(1.0)
        try:
            if self.alive:
                await self.connections.flush()
        finally:
            self.kill()
