"""Signals reach their addressee's devices, if these have room for what may be lost."""

from typing import cast

from backchannel.delivery.connection import OUTBOX_BYTES, Connection
from backchannel.delivery.hub import Hub
from backchannel.delivery.voice import Sink, Voice
from backchannel.domain.signals import Partial, Presence, Signal, Typing


class Outlet:
    def __init__(self) -> None:
        self.backlog = 0


class Ear:
    """A voice that notes which signals it was asked to pass on."""

    confirms = True

    def __init__(self) -> None:
        self.heard: list[Signal] = []

    def signal(self, sink: Sink, signal: Signal) -> None:
        self.heard.append(signal)


def device(hub: Hub, user_id: str) -> tuple[Outlet, Ear]:
    outlet, ear = Outlet(), Ear()
    connection = Connection(
        user_id,
        "login",
        2**63,
        sink=cast("Sink", outlet),
        voice=cast("Voice", ear),
        cursor=0,
        behind=lambda _: None,
    )
    hub.join(connection)
    return outlet, ear


def test_a_growing_answer_is_told_to_all_devices_of_who_asked() -> None:
    hub = Hub()
    (_, first), (_, second), (_, other) = (device(hub, name) for name in ("ada", "ada", "bob"))
    partial = Signal("ada", Partial("session", 1, "so far"))
    hub.signal(partial)
    assert first.heard == second.heard == [partial]
    assert other.heard == []


def test_R13_who_reads_too_slowly_hears_no_signals() -> None:
    hub = Hub()
    outlet, ear = device(hub, "ada")
    outlet.backlog = OUTBOX_BYTES + 1
    hub.signal(Signal("ada", Typing("chat", "bob", active=True)))
    assert ear.heard == []
    outlet.backlog = 0
    hub.signal(Signal("ada", Typing("chat", "bob", active=False)))
    assert len(ear.heard) == 1


def test_presence_goes_to_watchers_only() -> None:
    hub = Hub()
    _, ear = device(hub, "ada")
    hub.signal(Signal("bob", Presence("bob", online=True)))
    assert ear.heard == []
    hub.watch(hub.devices("ada")[0], ["bob"])
    hub.signal(Signal("bob", Presence("bob", online=True)))
    assert len(ear.heard) == 1
