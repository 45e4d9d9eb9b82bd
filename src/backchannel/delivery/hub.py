"""Who is connected to this process."""

from collections.abc import Collection, Iterator, Sequence

from backchannel.delivery.connection import Connection
from backchannel.domain.events import Event
from backchannel.domain.signals import Presence, Signal


class Hub:
    """User id to the connections of that user's devices; hands them what the bus brings."""

    def __init__(self) -> None:
        self._devices: dict[str, tuple[Connection, ...]] = {}
        self._watchers: dict[str, set[Connection]] = {}
        self._watched: dict[Connection, frozenset[str]] = {}

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

    def watch(self, connection: Connection, user_ids: Collection[str]) -> None:
        """Tell this connection of these users' presence from now on, and of no others'."""
        for user_id in self._watched.pop(connection, frozenset()):
            watchers = self._watchers[user_id]
            watchers.discard(connection)
            if not watchers:
                del self._watchers[user_id]
        if user_ids:
            self._watched[connection] = frozenset(user_ids)
            for user_id in user_ids:
                self._watchers.setdefault(user_id, set()).add(connection)

    def signal(self, signal: Signal) -> None:
        """Pass on a signal: presence to those who watch, any other to its addressee.

        Who reads too slowly for what matters is not told what does not (rule R13).
        """
        if isinstance(signal.content, Presence):
            listeners: Collection[Connection] = tuple(self._watchers.get(signal.user_id, ()))
        else:
            listeners = self._devices.get(signal.user_id, ())
        for connection in listeners:
            if not connection.full:
                connection.voice.signal(connection.sink, signal)

    def end(self, login_ids: Collection[str]) -> None:
        """Close every connection of these logins (rule S1)."""
        for connection in tuple(self):
            if connection.login_id in login_ids:
                connection.voice.ended(connection.sink)
