"""The connections of this process."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from backchannel.delivery.connection import Connection
from backchannel.domain.events import Event
from backchannel.domain.signals import Acquaintance, Hiding, Presence, Signal

K = TypeVar("K")
V = TypeVar("V")


class Hub:
    """User id to the connections of that user's devices; hands them what the bus brings."""

    def __init__(self) -> None:
        self._devices: dict[str, tuple[Connection, ...]] = {}
        self._watchers: dict[str, set[Connection]] = {}
        self._watched: dict[Connection, set[str]] = {}
        self._wanted: dict[Connection, frozenset[str]] = {}

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
        self.want(connection, ())
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

    def deliver(self, events: Sequence[Event]) -> None:
        """Offer each event to every device of its user that is connected here."""
        for event in events:
            for connection in self._devices.get(event.user_id, ()):
                connection.offer(event)

    def want(self, connection: Connection, user_ids: Collection[str]) -> None:
        """Note whose presence this connection asks for; `watch` says whose it gets."""
        if user_ids:
            self._wanted[connection] = frozenset(user_ids)
        else:
            self._wanted.pop(connection, None)

    def watched(self, connection: Connection) -> frozenset[str]:
        """The users whose presence this connection is sent."""
        return frozenset(self._watched.get(connection, ()))

    def watch(self, connection: Connection, user_ids: Collection[str]) -> None:
        """Tell this connection of these users' presence from now on, and of no others'."""
        for user_id in self.watched(connection).difference(user_ids):
            self._unwatch(connection, user_id)
        for user_id in user_ids:
            self._watched.setdefault(connection, set()).add(user_id)
            self._watchers.setdefault(user_id, set()).add(connection)

    def signal(self, signal: Signal) -> None:
        """Pass on a signal: presence to those who watch, any other to its addressee.

        Who reads too slowly for what matters is not told what does not (rule R13).
        """
        listeners = self._devices.get(signal.user_id, ())
        match signal.content:
            case Acquaintance() as other:
                self._set_visible(signal.user_id, other)
                return
            case Hiding():
                self._hide(signal.user_id)
                return
            case Presence():
                listeners = tuple(self._watchers.get(signal.user_id, ()))
            case _:
                """Meant for the user's own devices."""
        for connection in listeners:
            if not connection.full:
                connection.voice.signal(connection.sink, signal)

    def _set_visible(self, user_id: str, other: Acquaintance) -> None:
        """End this user's watches of another one, or begin them again."""
        for connection in self.devices(user_id):
            if not other.visible:
                self._unwatch(connection, other.user_id)
            elif other.user_id in self._wanted.get(connection, ()):
                self.watch(connection, {*self.watched(connection), other.user_id})
                if self.devices(other.user_id) and not connection.full:
                    online = Signal(other.user_id, Presence(other.user_id, online=True))
                    connection.voice.signal(connection.sink, online)

    def _hide(self, user_id: str) -> None:
        """End all watches of this user, and this user's own."""
        for connection in tuple(self._watchers.get(user_id, ())):
            self._unwatch(connection, user_id)
        for connection in self.devices(user_id):
            self.watch(connection, ())

    def _unwatch(self, connection: Connection, user_id: str) -> None:
        _discard(self._watched, connection, user_id)
        _discard(self._watchers, user_id, connection)

    def end(self, login_ids: Collection[str]) -> None:
        """Close every connection of these logins (rule S1)."""
        for connection in tuple(self):
            if connection.login_id in login_ids:
                connection.voice.ended(connection.sink)


def _discard(sets: dict[K, set[V]], key: K, value: V) -> None:
    """Take a value out of the set of that key; an empty set goes, too."""
    values = sets.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del sets[key]
