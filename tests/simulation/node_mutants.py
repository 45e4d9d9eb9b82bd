"""Broken servers on a bus: events from another server are handled wrongly."""

import contextlib
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import msgspec

from backchannel.brokers import shared
from backchannel.brokers.envelope import decoded
from backchannel.brokers.shared import SharedBus
from backchannel.checker.verdict import FindingKind
from backchannel.delivery.connection import Connection, State
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.delivery.hub import Hub
from backchannel.domain.events import Event
from tests.simulation.mutants import Break


def late_events_are_pushed_again() -> contextlib.AbstractContextManager[Any]:
    """An event that was already read from the log is pushed again when the bus brings it."""
    offer = Connection.offer

    def offer_anyway(self: Connection, event: Event) -> None:
        if self.state is State.LIVE and event.position <= self.position:
            for frame in self.serializer.event(event) or ():
                self.socket.send_text(frame)
        offer(self, event)

    return patch.object(Connection, "offer", offer_anyway)


def early_events_are_pushed_at_once() -> contextlib.AbstractContextManager[Any]:
    """An event does not wait for earlier events that arrive later."""

    def push(self: Connection, event: Event) -> None:
        for frame in self.serializer.event(event) or ():
            self.socket.send_text(frame)
        self.position = event.position

    return patch.object(Connection, "_keep", push)


def lasting_gaps_are_skipped() -> contextlib.AbstractContextManager[Any]:
    """The log is not read for events that the bus has lost."""

    def skip(self: Connection) -> None:
        early, self.early = self.early or {}, None
        for position in sorted(early):
            self.position = position - 1
            self._push(early[position])

    return patch.object(Connection, "_gap_timed_out", skip)


def the_head_of_a_log_counts_as_sent() -> contextlib.AbstractContextManager[Any]:
    """Events that a heartbeat reveals as missing are not read."""

    def note(self: Connection, position: int) -> None:
        if self.state is State.LIVE:
            self.position = max(self.position, position)

    return patch.object(Connection, "note_head", note)


@contextlib.contextmanager
def losses_are_ignored() -> Any:
    """Neither heartbeats nor the bus make a server compare a device with its log."""

    def forget(*_: object) -> None: ...

    with (
        patch.object(Connection, "note_head", forget),
        patch.object(ConnectionManager, "_doubt", forget),
    ):
        yield


def the_bus_has_wrong_positions() -> contextlib.AbstractContextManager[Any]:
    """An event from another server gets the position before its own."""

    def decoded_wrongly(encoded: memoryview, user_id: str) -> Any:
        content = decoded(encoded, user_id)
        if isinstance(content, Event):
            return msgspec.structs.replace(content, position=content.position - 1)
        return content

    return patch.object(shared, "decoded", decoded_wrongly)


def omitted_payloads_count_as_sent() -> contextlib.AbstractContextManager[Any]:
    """A large event, for which the bus brings only the position, is not read from the log."""
    hand_on = SharedBus._hand_on
    hubs: list[Hub] = []
    deliver = Hub.deliver

    def deliver_and_note(self: Hub, events: Sequence[Event]) -> None:
        if self not in hubs:
            hubs.append(self)
        deliver(self, events)

    def skip(self: SharedBus, content: Any, sender: str, user_id: str) -> None:
        if not isinstance(content, int):
            hand_on(self, content, sender, user_id)
            return
        for hub in hubs:
            for connection in hub.devices(user_id):
                if connection.state is State.LIVE:
                    connection.position = max(connection.position, content)

    stack = contextlib.ExitStack()
    stack.enter_context(patch.object(Hub, "deliver", deliver_and_note))
    stack.enter_context(patch.object(SharedBus, "_hand_on", skip))
    return stack


NODE_MUTANTS: dict[Break, set[FindingKind]] = {
    late_events_are_pushed_again: {FindingKind.DUPLICATE, FindingKind.REORDERED},
    early_events_are_pushed_at_once: {
        FindingKind.INCOMPLETE,
        FindingKind.REORDERED,
        FindingKind.GAP,
    },
    lasting_gaps_are_skipped: {FindingKind.INCOMPLETE, FindingKind.GAP},
    the_head_of_a_log_counts_as_sent: {FindingKind.INCOMPLETE, FindingKind.GAP},
    losses_are_ignored: {FindingKind.INCOMPLETE},
    the_bus_has_wrong_positions: {
        FindingKind.DUPLICATE,
        FindingKind.INCOMPLETE,
        FindingKind.REORDERED,
    },
    omitted_payloads_count_as_sent: {FindingKind.INCOMPLETE, FindingKind.GAP},
}
"""The defect, and the findings that the checker may report."""
