"""The connections of this process."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol, TypeVar

from backchannel.delivery.connection import Connection
from backchannel.domain.events import Event
from backchannel.domain.signals import (
    Hiding,
    Presence,
    PresenceQuery,
    Signal,
    SocketCount,
    Visibility,
)

K = TypeVar("K")
V = TypeVar("V")


class WatchListener(Protocol):
    def __call__(self, user_id: str, *, watched: bool) -> None: ...


class RemoteSockets:
    """The numbers of sockets that users of interest have at other nodes, by user id and node id."""

    def __init__(self) -> None:
        self._sockets: dict[str, dict[str, int]] = {}

    def __contains__(self, user_id: str) -> bool:
        return user_id in self._sockets

    def count(self, user_id: str) -> int:
        return sum(self._sockets.get(user_id, {}).values())

    def set(self, user_id: str, node_id: str, sockets: int) -> None:
        """Note the number of sockets that a user has at a node."""
        if sockets:
            self._sockets.setdefault(user_id, {})[node_id] = sockets
        else:
            self._sockets.get(user_id, {}).pop(node_id, None)
            if not self._sockets.get(user_id):
                self.forget(user_id)

    def users_at(self, node_id: str) -> list[str]:
        return [user for user, counts in self._sockets.items() if node_id in counts]

    def forget(self, user_id: str) -> None:
        """Forget a user who is no longer of interest here."""
        self._sockets.pop(user_id, None)


class Hub:
    """The connections by user id; delivers to them the events and signals that the bus brings."""

    def __init__(self) -> None:
        self._devices: dict[str, tuple[Connection, ...]] = {}
        self._watchers: dict[str, set[Connection]] = {}
        self._watched: dict[Connection, set[str]] = {}
        self._requested: dict[Connection, frozenset[str]] = {}
        self._watch_listeners: list[WatchListener] = []
        self.remote_sockets = RemoteSockets()

    def __len__(self) -> int:
        return sum(len(devices) for devices in self._devices.values())

    def __iter__(self) -> Iterator[Connection]:
        for devices in tuple(self._devices.values()):
            yield from devices

    def join(self, connection: Connection) -> bool:
        """Add a connection; True if it is its user's first."""
        devices = self._devices.get(connection.user_id, ())
        self._devices[connection.user_id] = (*devices, connection)
        return not devices

    def leave(self, connection: Connection) -> bool:
        """Remove a connection; True if it was its user's last."""
        self.request_watch(connection, ())
        self.watch(connection, ())
        devices = self._devices.get(connection.user_id, ())
        if connection not in devices:
            return False
        others = tuple(each for each in devices if each is not connection)
        if others:
            self._devices[connection.user_id] = others
        else:
            del self._devices[connection.user_id]
        return not others

    def devices(self, user_id: str) -> tuple[Connection, ...]:
        return self._devices.get(user_id, ())

    def online(self, user_id: str) -> bool:
        """True if a device of the user is connected, here or elsewhere."""
        return user_id in self._devices or user_id in self.remote_sockets

    def sockets(self, user_id: str) -> int:
        """The number of the user's sockets, here and elsewhere."""
        return len(self.devices(user_id)) + self.remote_sockets.count(user_id)

    def users(self) -> Collection[str]:
        """The users with a device here."""
        return self._devices.keys()

    def users_of_interest(self) -> Collection[str]:
        """The users with a device here, and the users that a device here watches."""
        return self._devices.keys() | self._watchers.keys()

    def is_watched(self, user_id: str) -> bool:
        return user_id in self._watchers

    def listen_watched(self, listener: WatchListener) -> None:
        """Call `listener` when the first device here watches a user, or the last one stops."""
        self._watch_listeners.append(listener)

    def deliver(self, events: Sequence[Event]) -> None:
        """Offer each event to every device of its user that is connected here."""
        for event in events:
            for connection in self._devices.get(event.user_id, ()):
                connection.offer(event)

    def request_watch(self, connection: Connection, user_ids: Collection[str]) -> None:
        """Note the users whose presence this connection requests; `watched` are those it gets."""
        if user_ids:
            self._requested[connection] = frozenset(user_ids)
        else:
            self._requested.pop(connection, None)

    def watched(self, connection: Connection) -> frozenset[str]:
        """The users whose presence this connection is sent."""
        return frozenset(self._watched.get(connection, ()))

    def watch(self, connection: Connection, user_ids: Collection[str]) -> None:
        """Send this connection the presence of these users from now on, and of no others."""
        for user_id in self.watched(connection).difference(user_ids):
            self._unwatch(connection, user_id)
        for user_id in user_ids:
            self._watched.setdefault(connection, set()).add(user_id)
            new = user_id not in self._watchers
            self._watchers.setdefault(user_id, set()).add(connection)
            if new:
                self._notify_watched(user_id, watched=True)

    def signal(self, signal: Signal) -> None:
        """Pass on a signal: presence to the watchers, any other to its addressee.

        A client that reads its events too slowly gets no signals (rule R13).
        """
        listeners = self._devices.get(signal.user_id, ())
        match signal.content:
            case Visibility() as other:
                self._set_visible(signal.user_id, other)
                return
            case Hiding():
                self._hide(signal.user_id)
                return
            case SocketCount() | PresenceQuery():
                return
            case Presence():
                listeners = tuple(self._watchers.get(signal.user_id, ()))
            case _:
                pass  # Meant for the user's own devices.
        for connection in listeners:
            if not connection.full:
                connection.signal(signal)

    def _set_visible(self, user_id: str, other: Visibility) -> None:
        """End this user's watches of another user, or resume them."""
        for connection in self.devices(user_id):
            if not other.visible:
                self._unwatch(connection, other.user_id)
            elif other.user_id in self._requested.get(connection, ()):
                self.watch(connection, {*self.watched(connection), other.user_id})
                if self.online(other.user_id) and not connection.full:
                    online = Signal(other.user_id, Presence(other.user_id, online=True))
                    connection.signal(online)

    def _hide(self, user_id: str) -> None:
        """End all watches of this user and by this user."""
        for connection in tuple(self._watchers.get(user_id, ())):
            self._unwatch(connection, user_id)
        for connection in self.devices(user_id):
            self.watch(connection, ())

    def _unwatch(self, connection: Connection, user_id: str) -> None:
        _discard(self._watched, connection, user_id)
        if user_id in self._watchers:
            _discard(self._watchers, user_id, connection)
            if user_id not in self._watchers:
                self._notify_watched(user_id, watched=False)

    def _notify_watched(self, user_id: str, *, watched: bool) -> None:
        for listener in self._watch_listeners:
            listener(user_id, watched=watched)

    def end(self, login_ids: Collection[str]) -> None:
        """Close every connection of these logins (rule S1)."""
        for connection in tuple(self):
            if connection.login_id in login_ids:
                connection.log_out()


def _discard(sets: dict[K, set[V]], key: K, value: V) -> None:
    """Remove a value from the set with this key; an empty set is removed, too."""
    values = sets.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del sets[key]
