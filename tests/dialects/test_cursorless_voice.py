"""What a socket without positions is told of its user's log, and what it is not."""

from dataclasses import dataclass, field

import pytest

from backchannel.delivery import voice
from backchannel.delivery.connection import Connection
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.domain.conversations import Receipt
from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message


class Voice(CursorlessVoice):
    """Says a message's text."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: set[str] = set()

    def say(self, sink: voice.Sink, event: Event, message: Message) -> None:
        sink.send_text(message.body.encode())

    def knows(self, message: Message) -> bool:
        return message.body not in self.unknown


@dataclass
class Sink:
    backlog: int = 0
    sent: list[str] = field(default_factory=list)

    def send_text(self, payload: bytes) -> None:
        self.sent.append(payload.decode())

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.sent.append(f"closed {code}")


@dataclass
class Ear:
    """Ada's socket: a voice, what it says, and the connection that carries it."""

    voice: Voice
    sink: Sink
    connection: Connection

    def replayed(self, *events: Event) -> None:
        """The log is read up to these events."""
        self.connection.replay(events, events[-1].position if events else 0, more=False)
        self.connection.go_live()


@pytest.fixture
def ear() -> Ear:
    voice, sink = Voice(), Sink()
    connection = Connection("ada", "login", 0, sink=sink, voice=voice, cursor=0, behind=_pull)
    return Ear(voice, sink, connection)


def _pull(connection: Connection) -> None:
    """Catching up is done by hand here."""


def _said(
    position: int, text: str, *, by: str = "bob", to: str = "ada", deleted: int | None = None
) -> Event:
    message = Message(
        "c", position, f"m{position}", by, to, "key", "text", text, 0, deleted_at=deleted
    )
    return Event("ada", position, Fact(EventKind.MESSAGE, message))


def test_what_others_say_is_told_when_missed_and_when_live(ear: Ear) -> None:
    ear.replayed(_said(1, "missed"))
    ear.connection.offer(_said(2, "live"))
    assert ear.sink.sent == ["missed", "live"]


def test_ones_own_messages_of_before_are_not_told(ear: Ear) -> None:
    ear.replayed(_said(1, "sent by post", by="ada", to="bob"))
    assert ear.sink.sent == []


def test_ones_own_messages_from_elsewhere_are_told_live(ear: Ear) -> None:
    ear.replayed()
    ear.connection.offer(_said(1, "from the phone", by="ada", to="bob"))
    assert ear.sink.sent == ["from the phone"]


def test_R5_ones_own_messages_from_elsewhere_are_told_after_a_gap_too(ear: Ear) -> None:
    ear.replayed()
    ear.connection.offer(_said(2, "second", by="ada", to="bob"))
    first, second = (_said(n, f"{n}", by="ada", to="bob") for n in (1, 2))
    ear.replayed(first, second)
    assert ear.sink.sent == ["1", "2"]


def test_R5_what_the_reply_has_told_is_not_told_again(ear: Ear) -> None:
    ear.replayed()
    own = _said(1, "own", by="ada", to="bob")
    ear.voice.answered(ear.connection, [own])
    ear.connection.offer(own)
    assert (ear.sink.sent, ear.connection.cursor) == ([], 1)


def test_R5_what_the_reply_has_told_is_not_told_again_after_a_gap(ear: Ear) -> None:
    ear.replayed()
    own = _said(2, "own", by="ada", to="bob")
    ear.voice.answered(ear.connection, [own])
    ear.connection.offer(own)
    ear.replayed(_said(1, "from bob"), own, _said(3, "from the phone", by="ada", to="bob"))
    assert ear.sink.sent == ["from bob", "from the phone"]


def test_R7_a_deleted_message_is_not_told(ear: Ear) -> None:
    ear.replayed(_said(1, "", deleted=5))
    assert (ear.sink.sent, ear.connection.cursor) == ([], 1)


def test_other_kinds_of_events_only_count(ear: Ear) -> None:
    ear.replayed()
    message = _said(1, "edited").fact.content
    receipt = Receipt("c", "bob", 1, 1)
    ear.connection.offer(Event("ada", 1, Fact(EventKind.EDIT, message)))
    ear.connection.offer(Event("ada", 2, Fact(EventKind.RECEIPT, receipt)))
    assert (ear.sink.sent, ear.connection.cursor) == ([], 2)


@pytest.mark.parametrize("parties", [("ada", RESPONDER_ID), (RESPONDER_ID, "ada")])
def test_sessions_with_the_responder_only_count(ear: Ear, parties: tuple[str, str]) -> None:
    ear.replayed()
    by, to = parties
    ear.connection.offer(_said(1, "echo", by=by, to=to))
    assert (ear.sink.sent, ear.connection.cursor) == ([], 1)


def test_what_needs_a_lookup_is_left_to_the_log(ear: Ear) -> None:
    ear.replayed()
    ear.voice.unknown = {"hi"}
    ear.connection.offer(_said(1, "hi"))
    assert (ear.sink.sent, ear.connection.cursor) == ([], 0)
    ear.replayed(_said(1, "hi"))
    assert ear.sink.sent == ["hi"]


def test_S1_S5_an_ended_login_and_an_expired_token_close(ear: Ear) -> None:
    ear.voice.ended(ear.sink)
    ear.voice.expired(ear.sink)
    assert ear.sink.sent == ["closed 1008", "closed 1008"]
