"""Applies the log to the application's state, and acknowledges what is stored."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backchannel_client import frames
from backchannel_client.follower import Apply, AskForSync, Checkpoint, Effect, FetchState, Follower
from backchannel_client.journal import Journal, Source
from backchannel_client.sending import Sending
from backchannel_client.wire import LogEvent

ACK_EVERY = 200
"""At least one acknowledgement for so many events."""
ACK_AFTER = 1.0
"""And one so many seconds after an event."""

log = logging.getLogger(__name__)


class Sink(Protocol):
    """The application's side of the log. Both return once their work is durable.

    While they work, nothing more is received. An exception from them ends the connection; the same
    events come again with the next one.
    """

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:
        """Apply the events and store `checkpoint`, in one transaction."""
        ...

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:
        """Fetch the state afresh and store `checkpoint`."""
        ...


@dataclass(frozen=True, slots=True)
class Journaling:
    """A journal, and the function that writes the histories after a reset into it."""

    journal: Journal
    histories: Callable[[], Awaitable[None]]


class NotStored(Exception):
    """The application could not store events or its state."""


class Applier:
    """Carries out the follower's decisions. Its methods raise `NotStored`."""

    def __init__(
        self, follower: Follower, sink: Sink, sending: Sending, journaling: Journaling | None
    ) -> None:
        self._follower = follower
        self._sink = sink
        self._sending = sending
        self._journaling = journaling
        self._send_frame: Callable[[frames.ClientFrame], None] | None = None
        self._unconfirmed = 0
        self._ack_at: float | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The point up to which the device holds the log."""
        return self._follower.checkpoint

    @property
    def due(self) -> float | None:
        """When `tick` must be called, by the loop's clock; None if not at all."""
        times = [each for each in (self._follower.deadline, self._ack_at) if each is not None]
        return min(times, default=None)

    def connected(self) -> None:
        """A new connection was made."""
        self._follower.connected()
        self._ack_at = None

    def welcomed(self, user_id: str, send_frame: Callable[[frames.ClientFrame], None]) -> None:
        """The login is accepted; `send_frame` sends one."""
        self._send_frame = send_frame
        self._ack_at = _now() + ACK_AFTER
        if self._journaling is not None:
            self._journaling.journal.resume(user_id, self._follower.checkpoint)

    def stop(self) -> int | None:
        """The connection ends; returns the position to acknowledge, if it is new."""
        if self._send_frame is None:
            return None
        self._send_frame = None
        return self._follower.confirm()

    async def tick(self) -> None:
        """Carry out what is due."""
        if self._ack_at is not None and _now() >= self._ack_at:
            self.confirm()
        await self._carry_out(self._follower.tick(_now()))

    async def receive(self, frame: frames.ServerFrame) -> None:
        """Handle a frame of the log."""
        effects = self._follower.receive(frame, _now())
        if isinstance(frame, frames.Sync):
            await self._carry_out(effects, "sync", {event.position for event in frame.events})
        else:
            await self._carry_out(effects)

    async def acknowledged(self, ack: frames.Ack) -> None:
        """Take the acknowledgement of a message as the message's event."""
        entry = self._sending.acknowledged(ack)
        if entry is None:
            return
        checkpoint = self._follower.checkpoint
        if ack.position is None or (checkpoint is not None and ack.position <= checkpoint.position):
            # Its event is an older one, which the log contains.
            await self._sending.settled(ack.client_id)
            return
        event = frames.Event(
            kind=entry.kind, position=entry.position, previous=entry.previous, data=entry.data
        )
        effects = self._follower.receive(event, _now())
        await self._carry_out(effects, "reply", {event.position})

    def confirm(self) -> None:
        """Acknowledge the stored position, if it is new."""
        self._ack_at = None
        self._unconfirmed = 0
        position = self._follower.confirm() if self._send_frame is not None else None
        if self._send_frame is not None and position is not None:
            self._send_frame(frames.Acknowledge(position=position))

    async def _carry_out(
        self,
        effects: Sequence[Effect],
        source: Source = "live",
        positions: frozenset[int] | set[int] = frozenset(),
    ) -> None:
        """`source` is where the events at `positions` come from; others were held."""
        for effect in effects:
            match effect:
                case AskForSync(checkpoint):
                    if self._send_frame is not None:
                        self._send_frame(
                            frames.RequestSync(position=checkpoint.position, epoch=checkpoint.epoch)
                        )
                    continue
                case FetchState():
                    work = self._reset(effect)
                case Apply():
                    work = self._apply(effect, source, positions)
            try:
                await work
            except NotStored:
                raise
            except Exception as error:
                log.exception("what came could not be stored")
                self._follower.rewind()
                raise NotStored from error

    async def _reset(self, effect: FetchState) -> None:
        is_new = effect.reason == "new_device"
        if self._journaling is not None:
            reason = "fresh" if is_new else effect.reason
            self._journaling.journal.reset(effect.checkpoint, reason)
        await self._sink.reset(effect.checkpoint, effect.reason)
        if self._journaling is not None and not is_new:
            await self._journaling.histories()
        following = self._follower.restored(effect.checkpoint)
        self.confirm()
        await self._carry_out(following)

    async def _apply(
        self, effect: Apply, source: Source, positions: frozenset[int] | set[int]
    ) -> None:
        if self._journaling is not None:
            for event in effect.events:
                origin = source if event.position in positions else "live"
                _note(self._journaling.journal, event, origin)
        await self._sink.apply(effect.events, effect.checkpoint)
        self._follower.stored(effect.checkpoint.position)
        for event in effect.events:
            message = event.message() if event.kind == "message" else None
            if message is not None and message.client_id:
                await self._sending.applied(message)
        self._unconfirmed += len(effect.events)
        if self._unconfirmed >= ACK_EVERY:
            self.confirm()
        elif self._ack_at is None:
            self._ack_at = _now() + ACK_AFTER


def _now() -> float:
    return asyncio.get_running_loop().time()


def _note(journal: Journal, event: LogEvent, source: Source) -> None:
    """Record an event in the journal; only a new message is a delivery."""
    message = event.message() if event.kind == "message" else None
    if message is not None:
        journal.deliver(message, source, event.position)
    receipt = event.receipt()
    if receipt is not None:
        journal.receipt(receipt, event.position)
