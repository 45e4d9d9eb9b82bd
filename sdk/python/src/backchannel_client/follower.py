"""Follows a user's log: decides what to apply, request and acknowledge.

Pure: no clock, no socket, no storage. The rules are those of `docs/protocol.md`, "A device's
bookkeeping". Times are in seconds, by any clock that does not jump.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backchannel_client import frames
from backchannel_client.wire import LogEvent

GAP_TIMEOUT = 0.5
"""Seconds that a missing event may take to arrive by itself."""
HELD_LIMIT = 512
"""Events kept while one before them is missing; more are read from the log later."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The epoch and the position up to which a device holds the log."""

    epoch: str
    position: int


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply these events, which lead to `checkpoint`."""

    events: Sequence[LogEvent]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class AskForSync:
    """Ask the server for what follows `checkpoint`."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class FetchState:
    """Fetch the state afresh, then call `restored` with `checkpoint`."""

    reason: str
    checkpoint: Checkpoint


Effect = Apply | AskForSync | FetchState


class Follower:
    """The bookkeeping of one device.

    `checkpoint` is what it has stored, None if it holds nothing.
    """

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        self._held: dict[int, LogEvent] = {}
        self._gap_until: float | None = None
        self._syncing = False
        self._durable = checkpoint
        self._confirmed = checkpoint.position if checkpoint else 0

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The point up to which the device holds the log."""
        return self._checkpoint

    @property
    def deadline(self) -> float | None:
        """When `tick` must be called; None if not at all."""
        return self._gap_until

    def connected(self) -> None:
        """A new connection was made: the old one's requests will not be answered."""
        self._syncing = False
        self._gap_until = None
        self._held.clear()
        self._confirmed = 0  # the last acknowledgement may have been lost as well

    def receive(self, frame: frames.ServerFrame, now: float) -> list[Effect]:
        """Handle a frame; returns its effects."""
        effects: list[Effect] = []
        match frame:
            case frames.Welcome():
                effects = self._welcome(Checkpoint(frame.epoch, frame.position))
            case frames.Event():
                effects = self._offer(frame, now)
            case frames.Sync():
                effects = self._page(frame)
            case frames.Reset():
                effects = self._reset(frame.reason, Checkpoint(frame.epoch, frame.position))
            case frames.Lagging():
                effects = self._sync()
            case frames.Heartbeat() | frames.Pong():
                self._head_received(frame.position, now)
            case _:
                pass
        return effects

    def tick(self, now: float) -> list[Effect]:
        """Request the missing events if they have not arrived in time."""
        if self._gap_until is None or now < self._gap_until:
            return []
        self._gap_until = None
        return self._sync()

    def restored(self, checkpoint: Checkpoint) -> list[Effect]:
        """The device has fetched its state at this checkpoint or later."""
        self._checkpoint = self._durable = checkpoint
        return self._release()

    def stored(self, position: int) -> None:
        """Everything up to `position` is stored durably."""
        if self._checkpoint is not None and position > self._durable_position:
            self._durable = Checkpoint(self._checkpoint.epoch, position)

    def rewind(self) -> None:
        """Go back to the stored position: events handed out since then are lost."""
        self._checkpoint = self._durable

    def confirm(self) -> int | None:
        """The position to acknowledge; None if there is nothing new."""
        if self._durable_position <= self._confirmed:
            return None
        self._confirmed = self._durable_position
        return self._confirmed

    @property
    def _durable_position(self) -> int:
        return self._durable.position if self._durable else 0

    def _welcome(self, server: Checkpoint) -> list[Effect]:
        if self._checkpoint is None:
            return [FetchState("new_device", server)]
        # The server answers a hello with the missed events, or with a reset.
        self._syncing = self._checkpoint != server
        return []

    def _offer(self, event: LogEvent, now: float) -> list[Effect]:
        own = self._checkpoint
        if own is not None and event.position <= own.position:
            return []
        if own is None or event.previous != own.position:
            self._hold(event)
            if own is not None and not self._syncing and self._gap_until is None:
                self._gap_until = now + GAP_TIMEOUT
            return []
        return self._advance(own, [event])

    def _page(self, page: frames.Sync) -> list[Effect]:
        own = self._checkpoint
        if own is None:
            return []
        fresh = [event for event in page.events if event.position > own.position]
        self._syncing = page.more
        effects: list[Effect] = []
        if fresh or page.position > own.position:
            effects = self._advance(own, fresh, page.position)
        return effects if page.more else [*effects, *self._release()]

    def _reset(self, reason: str, checkpoint: Checkpoint) -> list[Effect]:
        self._checkpoint = self._durable = None
        self._confirmed = 0
        self._syncing = False
        self._gap_until = None
        return [FetchState(reason, checkpoint)]

    def _head_received(self, position: int, now: float) -> None:
        behind = self._checkpoint is not None and position > self._checkpoint.position
        if behind and not self._syncing and self._gap_until is None:
            self._gap_until = now + GAP_TIMEOUT

    def _sync(self) -> list[Effect]:
        if self._checkpoint is None or self._syncing:
            return []
        self._syncing = True
        self._gap_until = None
        return [AskForSync(self._checkpoint)]

    def _advance(self, own: Checkpoint, events: list[LogEvent], at_least: int = 0) -> list[Effect]:
        applied = list(events)
        position = max(events[-1].position if events else own.position, at_least)
        while (following := self._take(position)) is not None:
            applied.append(following)
            position = following.position
        self._checkpoint = Checkpoint(own.epoch, position)
        if not self._held:
            self._gap_until = None
        return [Apply(applied, self._checkpoint)]

    def _release(self) -> list[Effect]:
        own = self._checkpoint
        if own is None:
            return []
        for position in [each for each in self._held if each <= own.position]:
            del self._held[position]
        following = self._take(own.position)
        return [] if following is None else self._advance(own, [following])

    def _hold(self, event: LogEvent) -> None:
        if len(self._held) < HELD_LIMIT:
            self._held[event.position] = event

    def _take(self, previous: int) -> LogEvent | None:
        for event in self._held.values():
            if event.previous == previous:
                return self._held.pop(event.position)
        return None
