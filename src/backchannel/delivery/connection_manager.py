"""The connection manager: connects devices, maintains their connections, and ends them."""

import asyncio
import logging
from collections.abc import Collection
from itertools import count

from backchannel.chat.core import Core
from backchannel.chat.retries import Retries
from backchannel.delivery.catch_up import CatchUp
from backchannel.delivery.connection import Connection
from backchannel.delivery.hub import Hub
from backchannel.delivery.presence import PresenceTracker
from backchannel.delivery.serializer import Serializer, Socket
from backchannel.domain.errors import ChatError, Throttled
from backchannel.domain.users import Shared
from backchannel.telemetry import metrics

HEARTBEAT = 25
"""Seconds between two heartbeats of a connection."""
HEARTBEATS = 1_000
"""Connections whose logs are checked together."""
TICK = 1.0
"""Seconds between two rounds."""

log = logging.getLogger(__name__)


class ConnectionManager:
    """The interface of delivery for the dialects' sockets, and the round that serves them all."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.hub = Hub()
        self._catch_up = CatchUp(core.storage, core.read_limits, core.bus.subscribed)
        self._presence = PresenceTracker(self.hub, core.bus, core.clock, core.nodes)
        self._last_seen: dict[str, int] = {}
        self._rounds = 0
        self._doubtful: set[str] = set()
        """Users for whom the bus may have lost events."""
        self._joined = count()
        core.bus.listen(self.hub.deliver)
        core.bus.listen_signals(self.hub.signal)
        core.bus.listen_losses(self._doubt)
        core.bus.listen_ended(lambda login_ids: self.hub.end(frozenset(login_ids)))

    def connect(
        self,
        user_id: str,
        login_id: str,
        expires_at: int,
        *,
        socket: Socket,
        serializer: Serializer,
        position: int,
    ) -> Connection:
        """Connect a device that holds its user's log up to `position`; missed events follow.

        It is subscribed before the log is read, so nothing falls between the two (rule R5).
        Raises `Throttled` when its user has too many sockets open.
        """
        self.admit(user_id)
        connection = Connection(
            user_id,
            login_id,
            expires_at,
            socket=socket,
            serializer=serializer,
            position=position,
            on_behind=self._catch_up.start,
        )
        # Not all connections have their heartbeat at once.
        connection.heartbeat_slot = next(self._joined) % HEARTBEAT
        self._presence.connected(user_id, first=self.hub.join(connection))
        metrics.SOCKETS_LIVE.inc()
        self._catch_up.start(connection)
        return connection

    def admit(self, user_id: str) -> None:
        """Raises `Throttled` when a user has as many sockets open as are allowed (rule S18)."""
        limit = self.core.policy.sockets_per_user
        if self.hub.sockets(user_id) >= limit:
            raise Throttled(f"{limit} sockets are open already; close one", retry_after=5.0)

    def disconnect(self, connection: Connection) -> None:
        self._catch_up.forget(connection)
        known = connection in self.hub.devices(connection.user_id)
        last = self.hub.leave(connection)
        if known:
            metrics.SOCKETS_LIVE.dec()
            self._presence.disconnected(connection.user_id, last=last)
        if last:
            self._last_seen[connection.user_id] = self.core.clock.now()

    def flushed(self, connection: Connection) -> None:
        """Note that the kernel has taken everything; without acknowledgements, that is delivery."""
        connection.flushed()
        position = connection.position
        if not connection.serializer.acknowledges and position > connection.acked_position:
            self.acknowledge(connection, position)

    def acknowledge(self, connection: Connection, position: int) -> None:
        """Note that the device holds everything up to `position`."""
        reached = connection.acknowledge(position)
        self.core.receipts.acknowledge(connection.user_id, connection.login_id, reached)

    async def watch(self, connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
        """Send a connection these users' presence from now on; returns the users it may see."""
        self.core.write_limits.spend_watch(connection.user_id, len(user_ids))
        wanted = list(user_ids)
        self.hub.request_watch(connection, wanted)
        while True:
            visible = await self.core.storage.acquainted(
                connection.user_id, wanted, Shared.LAST_SEEN
            )
            if visible == self.hub.watched(connection):
                return visible
            # It may have been hidden since the answer was read, so ask once more.
            self.hub.watch(connection, visible)

    def online(self, user_id: str) -> bool:
        return self.hub.online(user_id)

    def _doubt(self, user_id: str | None) -> None:
        self._doubtful.update(self.hub.users() if user_id is None else (user_id,))

    async def run(self) -> None:
        """Serve the connections until cancelled."""
        retries = Retries("looking after connections", TICK, log)
        while True:
            await asyncio.sleep(TICK)
            try:
                if await self._round():
                    retries.note_success()
            except ChatError as refusal:
                retries.note_failure(refusal)

    async def flush(self) -> None:
        """Write the pending data. Raises `Unavailable`."""
        await self._record_last_seen()
        await self.core.receipts.flush()

    async def _record_last_seen(self) -> bool:
        """Write the pending times; True if there were any. Raises `ChatError`."""
        seen, self._last_seen = self._last_seen, {}
        if not seen:
            return False
        try:
            await self.core.storage.record_last_seen(seen)
        except ChatError:
            self._last_seen = seen | self._last_seen
            raise
        return True

    async def _round(self) -> bool:
        """Serve the connections once; True if that used the database. Raises `ChatError`."""
        self._rounds += 1
        now = self.core.clock.now()
        due: list[Connection] = []
        for connection in self.hub:
            if connection.expires_at <= now:
                connection.expire()
            elif (
                connection.heartbeat_slot == self._rounds % HEARTBEAT
                or connection.user_id in self._doubtful
            ):
                due.append(connection)
        doubtful, self._doubtful = self._doubtful, set()
        try:
            for start in range(0, len(due), HEARTBEATS):
                await self._send_heartbeats(due[start : start + HEARTBEATS])
        except ChatError:
            self._doubtful |= doubtful
            raise
        return await self._record_last_seen() or bool(due)

    async def _send_heartbeats(self, due: list[Connection]) -> None:
        """Send each connection its log's head, so that losses show within one heartbeat (R15)."""
        heads = await self.core.storage.heads(list({each.user_id for each in due}))
        for connection in due:
            head = heads.get(connection.user_id)
            if head is not None:
                connection.heartbeat(head)
