"""A device that is connected here, and its position in its user's log."""

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum

from backchannel.delivery.serializer import Serializer, Socket
from backchannel.domain.events import Event, LogHead
from backchannel.domain.signals import Signal
from backchannel.telemetry import metrics

OUTBOX_BYTES = 1 << 20
"""Past this backlog nothing more is pushed (rule R13)."""
WINDOW_EVENTS = 256
"""Most live events a confirming device may leave unacknowledged."""
GAP_TIMEOUT = 0.03
"""Seconds that an event waits for those before it, which another process may be publishing."""
EARLY_EVENTS = 64
"""Most waiting events of one connection; further ones are read from the log."""


class State(Enum):
    LIVE = "live"
    """Everything up to `position` was pushed, and new events will be."""
    PULLING = "pulling"
    """The log is being read for it."""
    WAITING = "waiting"
    """Its outbox is full: the log is read on once the kernel has taken everything."""
    LAGGING = "lagging"
    """It acknowledges too slowly: it was told so, and must request the rest."""


class Connection:
    """Pushes a user's log to one socket, in order, each event once, in bounded memory.

    Events for which there is no room are not kept but read from the log later, as are events that
    still do not follow `position` after `GAP_TIMEOUT`.
    """

    __slots__ = (
        "acked_position",
        "early",
        "expires_at",
        "heartbeat_slot",
        "latest",
        "login_id",
        "on_behind",
        "position",
        "serializer",
        "socket",
        "state",
        "user_id",
    )

    def __init__(
        self,
        user_id: str,
        login_id: str,
        expires_at: int,
        *,
        socket: Socket,
        serializer: Serializer,
        position: int,
        on_behind: "Callable[[Connection], None]",
    ) -> None:
        self.user_id = user_id
        self.login_id = login_id
        self.expires_at = expires_at
        self.socket = socket
        self.serializer = serializer
        self.position = position
        self.acked_position = position
        self.latest = position
        self.state = State.PULLING
        self.on_behind = on_behind
        self.heartbeat_slot = 0
        self.early: dict[int, Event] | None = None
        """Events that came before the one that follows `position`, by their positions."""

    def offer(self, event: Event) -> None:
        """Push an event that has just happened, if this device is ready for it."""
        position = event.position
        if position <= self.position:
            return
        if self.state is not State.LIVE:
            self.latest = max(self.latest, position)
        elif position != self.position + 1:
            self._keep(event)
        else:
            self._push(event)
            if self.early:
                self._push_early()

    def note_sent(self, event: Event) -> None:
        """Note that the reply to a request has already delivered this event."""
        if self.state is State.LIVE and event.position == self.position + 1:
            self.position = event.position
            if self.early:  # they follow once the reply is on its way
                asyncio.get_running_loop().call_soon(self._push_early)

    def note_head(self, position: int) -> None:
        """Note that the log reaches `position`, and read the events that are missing."""
        if position > self.position:
            self.latest = max(self.latest, position)
            if self.state is State.LIVE:
                self._pull()

    def replay(self, events: Sequence[Event], position: int, *, more: bool) -> None:
        """Push a page of the log; `position` is where it ends."""
        self.position = max(self.position, position)
        for frame in self.serializer.page(events, position, more=more):
            self.socket.send_text(frame)

    def reset(self, head: LogHead, reason: str) -> None:
        """Tell the client to fetch its state afresh."""
        self._send(self.serializer.reset(head, reason))

    def signal(self, signal: Signal) -> None:
        """Send a signal, if the dialect has a frame for it."""
        self._send(self.serializer.signal(signal))

    def heartbeat(self, head: LogHead) -> None:
        """Send the position of the log's head, and read the events that are missing."""
        self.note_head(head.position)
        self._send(self.serializer.heartbeat(head.position))

    def expire(self) -> None:
        """Close the socket because its token has expired (rule S5)."""
        self.socket.close(*self.serializer.expired)

    def log_out(self) -> None:
        """Close the socket because its login has ended (rule S1)."""
        self.socket.close(*self.serializer.logged_out)

    def wait(self) -> None:
        """Note that there is no room for another page."""
        self.state = State.WAITING

    def go_live(self) -> bool:
        """Take live events from now on, unless events past `position` are already known."""
        if self.latest > self.position:
            return False
        if self.serializer.acknowledges:
            self.acked_position = self.position  # the window starts again
        self.state = State.LIVE
        return True

    def flushed(self) -> None:
        """Note that the kernel has taken everything, so that there is room again."""
        if self.state is State.WAITING:
            self._pull()

    def acknowledge(self, position: int) -> int:
        """Note that the device holds everything up to `position`, at most what it was sent."""
        reached = min(position, self.position)
        self.acked_position = max(self.acked_position, reached)
        return reached

    def pull(self, position: int) -> None:
        """Handle the client's request for all events after `position`."""
        if self.state is not State.PULLING:
            self.latest = max(self.latest, self.position)
            self.position = position
            self._pull()

    def _push(self, event: Event) -> None:
        """Push the event that follows `position`, if there is room."""
        serializer, socket = self.serializer, self.socket
        unacknowledged = self.position - self.acked_position
        if socket.backlog > OUTBOX_BYTES or (
            unacknowledged >= WINDOW_EVENTS and serializer.acknowledges
        ):
            self.latest = max(self.latest, event.position)
            self._hold_back()
        elif (frames := serializer.event(event)) is None:
            self.latest = max(self.latest, event.position)
            self._pull()
        else:
            for frame in frames:
                socket.send_text(frame)
            self.position = event.position

    def _keep(self, event: Event) -> None:
        """Keep an event for a moment: the events before it may still arrive."""
        self.latest = max(self.latest, event.position)
        if self.early is None:
            self.early = {}
            asyncio.get_running_loop().call_later(GAP_TIMEOUT, self._gap_timed_out)
        if len(self.early) < EARLY_EVENTS:
            self.early[event.position] = event

    def _push_early(self) -> None:
        while self.early and self.state is State.LIVE:
            event = self.early.pop(self.position + 1, None)
            if event is None:
                return
            self._push(event)

    def _gap_timed_out(self) -> None:
        """Read the log if events before those that came are still missing."""
        self.early = None
        if self.state is State.LIVE and self.latest > self.position:
            self._pull()

    def _pull(self) -> None:
        self.state = State.PULLING
        self.on_behind(self)

    def _hold_back(self) -> None:
        metrics.LAGGING.inc()
        if self.serializer.acknowledges:
            self.state = State.LAGGING
            self._send(self.serializer.lagging(self.position))
        else:
            self.state = State.WAITING

    def _send(self, frame: bytes | None) -> None:
        if frame is not None:
            self.socket.send_text(frame)

    @property
    def full(self) -> bool:
        return self.socket.backlog > OUTBOX_BYTES
