"""The switchboard: connects devices, looks after them, and lets them go."""

import asyncio
import logging
from collections.abc import Collection
from itertools import count

from backchannel.chat.core import Core
from backchannel.chat.presence import announce
from backchannel.delivery.catch_up import CatchUp
from backchannel.delivery.connection import Connection
from backchannel.delivery.hub import Hub
from backchannel.delivery.voice import Sink, Voice
from backchannel.domain.errors import ChatError, Throttled
from backchannel.domain.privacy import Shared
from backchannel.telemetry import metrics

HEARTBEAT = 25
"""Seconds between two heartbeats of a connection."""
TICK = 1.0
"""Seconds between two rounds."""

log = logging.getLogger(__name__)


class Switchboard:
    """Everything a dialect's socket needs of delivery, and the one round that serves them all."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.hub = Hub()
        self._catch_up = CatchUp(core.storage, core.reading)
        self._last_seen: dict[str, int] = {}
        self._rounds = 0
        self._joined = count()
        metrics.SOCKETS_LIVE.set_function(lambda: len(self.hub))
        core.bus.listen(self.hub.deliver)
        core.bus.listen_signals(self.hub.signal)
        core.bus.listen_ended(lambda login_ids: self.hub.end(frozenset(login_ids)))

    def connect(
        self,
        user_id: str,
        login_id: str,
        expires_at: int,
        *,
        sink: Sink,
        voice: Voice,
        cursor: int,
    ) -> Connection:
        """Join a device that holds its user's log up to `cursor`; what it missed follows.

        It is subscribed before the log is read, so nothing falls between the two (rule R5).
        Raises `Throttled` when its user has too many sockets open.
        """
        self.admit(user_id)
        connection = Connection(
            user_id,
            login_id,
            expires_at,
            sink=sink,
            voice=voice,
            cursor=cursor,
            behind=self._catch_up.start,
        )
        connection.beat = next(self._joined) % HEARTBEAT  # so that not all have theirs at once
        if self.hub.join(connection):
            announce(self.core, user_id, online=True)
        self._catch_up.start(connection)
        return connection

    def admit(self, user_id: str) -> None:
        """Raises `Throttled` when a user has as many sockets open as are allowed (rule S18)."""
        limit = self.core.policy.sockets_per_user
        if len(self.hub.devices(user_id)) >= limit:
            raise Throttled(f"{limit} sockets are open already; close one", retry_after=5.0)

    def disconnect(self, connection: Connection) -> None:
        self._catch_up.forget(connection)
        if self.hub.leave(connection):
            announce(self.core, connection.user_id, online=False)
            self._last_seen[connection.user_id] = self.core.clock.now()

    def flushed(self, connection: Connection) -> None:
        """The kernel has taken everything; without acknowledgements, that is delivery."""
        connection.flushed()
        if not connection.voice.confirms and connection.cursor > connection.confirmed:
            self.acknowledge(connection, connection.cursor)

    def acknowledge(self, connection: Connection, position: int) -> None:
        """The device holds everything up to `position`."""
        reached = connection.acknowledge(position)
        self.core.receipts.acknowledge(connection.user_id, connection.login_id, reached)

    async def watch(self, connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
        """Tell a connection of these users' presence from now on; those of them it may see."""
        self.core.writing.spend_watch(connection.user_id, len(user_ids))
        wanted = list(user_ids)
        self.hub.want(connection, wanted)
        while True:
            visible = await self.core.storage.acquainted(
                connection.user_id, wanted, Shared.LAST_SEEN
            )
            if visible == self.hub.watched(connection):
                return visible
            # It may have been hidden since the answer was read, so ask once more.
            self.hub.watch(connection, visible)

    def online(self, user_id: str) -> bool:
        return bool(self.hub.devices(user_id))

    async def run(self) -> None:
        """Look after the connections until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self._round()
            except ChatError as refusal:
                log.warning("a round was cut short: %s", refusal)

    async def flush(self) -> None:
        """Write down what has gathered. Raises `Unavailable`."""
        await self._record_last_seen()
        await self.core.receipts.flush()

    async def _record_last_seen(self) -> None:
        seen, self._last_seen = self._last_seen, {}
        if not seen:
            return
        try:
            await self.core.storage.record_last_seen(seen)
        except ChatError:
            self._last_seen = seen | self._last_seen
            raise

    async def _round(self) -> None:
        self._rounds += 1
        now = self.core.clock.now()
        due: list[Connection] = []
        for connection in self.hub:
            if connection.expires_at <= now:
                connection.voice.expired(connection.sink)
            elif connection.beat == self._rounds % HEARTBEAT:
                due.append(connection)
        if due:
            await self._beat(due)
        await self._record_last_seen()

    async def _beat(self, due: list[Connection]) -> None:
        """Tell each connection how far its log goes: silent loss shows within one beat (R15)."""
        heads = await self.core.storage.heads(list({each.user_id for each in due}))
        for connection in due:
            head = heads.get(connection.user_id)
            if head is not None:
                connection.noticed(head.position)
                connection.voice.heartbeat(connection.sink, head.position)
