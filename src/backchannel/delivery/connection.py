"""A device that is connected here, and how far it has got in its user's log."""

from collections.abc import Callable, Sequence
from enum import Enum

from backchannel.delivery.voice import Sink, Voice
from backchannel.domain.events import Event
from backchannel.telemetry import metrics

OUTBOX_BYTES = 1 << 20
"""Past this backlog nothing more is pushed (rule R13)."""
WINDOW_EVENTS = 256
"""Most live events a confirming device may leave unacknowledged."""


class State(Enum):
    LIVE = "live"
    """Everything up to `cursor` was pushed, and what comes next will be."""
    PULLING = "pulling"
    """The log is being read for it."""
    WAITING = "waiting"
    """Its outbox is full: the log is read on once the kernel has taken everything."""
    LAGGING = "lagging"
    """It acknowledges too slowly: it was told, and must ask for the rest."""


class Connection:
    """Pushes a user's log to one socket, in order, each event once, in bounded memory.

    The log is the truth: an event that does not follow `cursor` at once, or finds no room, is
    not kept here but read from the log later. So nothing needs to be buffered.
    """

    __slots__ = (
        "beat",
        "behind",
        "confirmed",
        "cursor",
        "expires_at",
        "latest",
        "login_id",
        "sink",
        "state",
        "user_id",
        "voice",
    )

    def __init__(
        self,
        user_id: str,
        login_id: str,
        expires_at: int,
        *,
        sink: Sink,
        voice: Voice,
        cursor: int,
        behind: "Callable[[Connection], None]",
    ) -> None:
        self.user_id = user_id
        self.login_id = login_id
        self.expires_at = expires_at
        self.sink = sink
        self.voice = voice
        self.cursor = cursor
        self.confirmed = cursor
        self.latest = cursor
        self.state = State.PULLING
        self.behind = behind
        self.beat = 0

    def offer(self, event: Event) -> None:
        """Push an event that has just happened, if this device is ready for it."""
        position = event.position
        if position <= self.cursor:
            return
        if self.state is not State.LIVE:
            self.latest = max(self.latest, position)
        elif position != self.cursor + 1:
            self.latest = position
            self._pull()
        elif not self._has_room():
            self.latest = position
            self._hold_back()
        elif self.voice.event(self.sink, event):
            self.cursor = position
        else:
            self.latest = position
            self._pull()

    def applied(self, event: Event) -> None:
        """Note that the reply to a request has already delivered this event."""
        if self.state is State.LIVE and event.position == self.cursor + 1:
            self.cursor = event.position

    def noticed(self, position: int) -> None:
        """The log is known to reach `position`; a gap that no event showed is read now."""
        if position > self.cursor:
            self.latest = max(self.latest, position)
            if self.state is State.LIVE:
                self._pull()

    def replay(self, events: Sequence[Event], position: int, *, more: bool) -> None:
        """Push a page of the log; `position` is where it ends."""
        self.cursor = max(self.cursor, position)
        self.voice.missed(self.sink, events, position, more=more)

    def wait(self) -> None:
        """There is no room for another page now."""
        self.state = State.WAITING

    def go_live(self) -> bool:
        """Take live events from now on, unless newer ones than `cursor` are known of."""
        if self.latest > self.cursor:
            return False
        if self.voice.confirms:
            self.confirmed = self.cursor  # the window begins anew
        self.state = State.LIVE
        return True

    def flushed(self) -> None:
        """The kernel has taken everything: there is room again."""
        if self.state is State.WAITING:
            self._pull()

    def acknowledge(self, position: int) -> int:
        """The device holds everything up to `position`; what counts is what it was sent."""
        reached = min(position, self.cursor)
        self.confirmed = max(self.confirmed, reached)
        return reached

    def pull(self, position: int) -> None:
        """Handle the client's request for all events after `position`."""
        if self.state is not State.PULLING:
            self.latest = max(self.latest, self.cursor)
            self.cursor = position
            self._pull()

    def _pull(self) -> None:
        self.state = State.PULLING
        self.behind(self)

    def _hold_back(self) -> None:
        metrics.LAGGING.inc()
        if self.voice.confirms:
            self.state = State.LAGGING
            self.voice.lagging(self.sink, self.cursor)
        else:
            self.state = State.WAITING

    def _has_room(self) -> bool:
        if self.full:
            return False
        return not self.voice.confirms or self.cursor - self.confirmed < WINDOW_EVENTS

    @property
    def full(self) -> bool:
        return self.sink.backlog > OUTBOX_BYTES
