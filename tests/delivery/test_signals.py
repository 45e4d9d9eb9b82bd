"""Signals reach the devices of their user, except those that read too slowly."""

from typing import cast

from backchannel.delivery.connection import OUTBOX_BYTES, Connection
from backchannel.delivery.hub import Hub
from backchannel.delivery.serializer import Serializer, Socket
from backchannel.domain.signals import Partial, Presence, Signal, Typing


class Outlet:
    def __init__(self) -> None:
        self.backlog = 0


class FakeSerializer:
    """A serializer that records which signals it was asked to encode."""

    acknowledges = True

    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def signal(self, signal: Signal) -> None:
        self.signals.append(signal)


def device(hub: Hub, user_id: str) -> tuple[Outlet, FakeSerializer]:
    outlet, serializer = Outlet(), FakeSerializer()
    connection = Connection(
        user_id,
        "login",
        2**63,
        socket=cast("Socket", outlet),
        serializer=cast("Serializer", serializer),
        position=0,
        on_behind=lambda _: None,
    )
    hub.join(connection)
    return outlet, serializer


def test_a_partial_answer_is_sent_to_all_devices_of_its_user() -> None:
    hub = Hub()
    (_, first), (_, second), (_, other) = (device(hub, name) for name in ("ada", "ada", "bob"))
    partial = Signal("ada", Partial("session", 1, "so far"))
    hub.signal(partial)
    assert first.signals == second.signals == [partial]
    assert other.signals == []


def test_R13_a_slow_reader_gets_no_signals() -> None:
    hub = Hub()
    outlet, serializer = device(hub, "ada")
    outlet.backlog = OUTBOX_BYTES + 1
    hub.signal(Signal("ada", Typing("chat", "bob", active=True)))
    assert serializer.signals == []
    outlet.backlog = 0
    hub.signal(Signal("ada", Typing("chat", "bob", active=False)))
    assert len(serializer.signals) == 1


def test_presence_goes_to_watchers_only() -> None:
    hub = Hub()
    _, serializer = device(hub, "ada")
    hub.signal(Signal("bob", Presence("bob", online=True)))
    assert serializer.signals == []
    hub.watch(hub.devices("ada")[0], ["bob"])
    hub.signal(Signal("bob", Presence("bob", online=True)))
    assert len(serializer.signals) == 1
