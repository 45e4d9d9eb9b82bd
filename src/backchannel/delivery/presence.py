"""Presence: a user is online while any node has a socket of the user.

Each node sends the number of sockets that a user has there to the nodes with an interest in that
user: the others where the user is connected, and those with devices that watch the user. A node
with a new interest in a user first sends a query.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from backchannel.chat.nodes import Nodes
from backchannel.delivery.hub import Hub
from backchannel.domain.signals import Presence, PresenceQuery, Signal, SocketCount
from backchannel.ports.bus import Bus
from backchannel.ports.security import Clock

PART = 500
"""Users whose presence is sent in one turn of the event loop."""


class PresenceTracker:
    """Notifies watchers here when users go online or offline, and other nodes of the users here."""

    def __init__(self, hub: Hub, bus: Bus, clock: Clock, nodes: Nodes) -> None:
        self._hub = hub
        self._bus = bus
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        bus.listen_signals(self._hear)
        bus.listen_losses(self._recover)
        hub.listen_watched(self._note_watched)
        nodes.listen_gone(self._forget_node)

    def connected(self, user_id: str, *, first: bool) -> None:
        """A device has connected here; `first` is True for the only one of its user."""
        if first:
            if user_id not in self._hub.remote_sockets:
                self._notify_watchers(user_id)
            self._bus.follow(user_id)
            self._call_roll(user_id)
        self._notify_nodes(user_id)

    def disconnected(self, user_id: str, *, last: bool) -> None:
        """A device has disconnected; `last` is True if it was the last one of its user here."""
        self._notify_nodes(user_id)
        if last:
            if user_id not in self._hub.remote_sockets:
                self._notify_watchers(user_id)
            self._bus.unfollow(user_id)
            self._forget_if_idle(user_id)

    def _notify_watchers(self, user_id: str) -> None:
        online = self._hub.online(user_id)
        seen_at = None if online else self._clock.now()
        self._hub.signal(Signal(user_id, Presence(user_id, online, seen_at)))

    def _notify_nodes(self, user_id: str) -> None:
        if self._bus.shared:
            count = SocketCount(self._bus.node_id, len(self._hub.devices(user_id)))
            self._bus.signal(Signal(user_id, count))

    def _note_watched(self, user_id: str, *, watched: bool) -> None:
        """The first device here watches a user, or the last one has stopped."""
        if watched:
            self._bus.watch(user_id)
            if not self._hub.devices(user_id):
                self._call_roll(user_id)
        else:
            self._bus.unwatch(user_id)
            self._forget_if_idle(user_id)

    def _forget_if_idle(self, user_id: str) -> None:
        if not self._hub.devices(user_id) and not self._hub.is_watched(user_id):
            self._hub.remote_sockets.forget(user_id)

    def _hear(self, signal: Signal) -> None:
        match signal.content:
            case SocketCount(node_id, sockets) if node_id != self._bus.node_id:
                self._set(signal.user_id, node_id, sockets)
            case PresenceQuery(node_id) if node_id != self._bus.node_id:
                if self._hub.devices(signal.user_id):
                    self._notify_nodes(signal.user_id)
            case _:
                pass  # Of this node, or for devices.

    def _set(self, user_id: str, node_id: str, sockets: int) -> None:
        if not self._hub.devices(user_id) and not self._hub.is_watched(user_id):
            return
        before = self._hub.online(user_id)
        self._hub.remote_sockets.set(user_id, node_id, sockets)
        if self._hub.online(user_id) != before:
            self._notify_watchers(user_id)

    def _forget_node(self, node_id: str) -> None:
        for user_id in self._hub.remote_sockets.users_at(node_id):
            self._set(user_id, node_id, 0)

    def _recover(self, user_id: str | None) -> None:
        """After an outage of the bus: announce the users here, and query those elsewhere."""
        if user_id is None:
            self._start(self._notify_all())

    async def _notify_all(self) -> None:
        await self._in_parts(self._hub.users(), self._notify_nodes)
        await self._in_parts(self._hub.users_of_interest(), self._ask)

    async def _in_parts(self, user_ids: Iterable[str], tell: Callable[[str], None]) -> None:
        for count, user_id in enumerate(tuple(user_ids), 1):
            tell(user_id)
            if count % PART == 0:
                await asyncio.sleep(0.05)  # a pause, so that the broker can keep up

    def _call_roll(self, user_id: str) -> None:
        if self._bus.shared:
            self._start(self._ask_once_subscribed(user_id))

    async def _ask_once_subscribed(self, user_id: str) -> None:
        await self._bus.subscribed(user_id)
        self._ask(user_id)

    def _ask(self, user_id: str) -> None:
        self._bus.signal(Signal(user_id, PresenceQuery(self._bus.node_id)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
