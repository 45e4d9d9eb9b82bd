"""The entries of a user's log that a socket without positions receives."""

import asyncio
from dataclasses import dataclass, field

import pytest

from backchannel.delivery.connection import GAP_TIMEOUT, Connection
from backchannel.dialects.shared.auto_ack import AutoAckSerializer
from backchannel.domain.conversations import Receipt
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message


class Serializer(AutoAckSerializer):
    """Its frames are the messages' texts."""

    def __init__(self) -> None:
        super().__init__(own_after=0)
        self.unknown: set[str] = set()

    def frames(self, event: Event, message: Message) -> tuple[bytes]:
        return (message.body.encode(),)

    def can_encode(self, message: Message) -> bool:
        return message.body not in self.unknown


@dataclass
class Socket:
    backlog: int = 0
    sent: list[str] = field(default_factory=list)

    def send_text(self, payload: bytes) -> None:
        self.sent.append(payload.decode())

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.sent.append(f"closed {code}")


@dataclass
class Client:
    """Ada's client: a serializer, the frames it returns, and the connection that sends them."""

    serializer: Serializer
    socket: Socket
    connection: Connection

    def replayed(self, *events: Event) -> None:
        """The log is read up to these events."""
        self.connection.replay(events, events[-1].position if events else 0, more=False)
        self.connection.go_live()


@pytest.fixture
def client() -> Client:
    serializer, socket = Serializer(), Socket()
    connection = Connection(
        "ada", "login", 0, socket=socket, serializer=serializer, position=0, on_behind=_pull
    )
    return Client(serializer, socket, connection)


def _pull(connection: Connection) -> None:
    """The tests catch up by hand."""


def _said(
    position: int, text: str, *, by: str = "bob", to: str = "ada", deleted: int | None = None
) -> Event:
    message = Message(
        "c", position, f"m{position}", by, to, "key", "text", text, 0, deleted_at=deleted
    )
    return Event("ada", position, EventPayload(EventKind.MESSAGE, message))


def test_missed_and_live_messages_of_others_are_sent(client: Client) -> None:
    client.replayed(_said(1, "missed"))
    client.connection.offer(_said(2, "live"))
    assert client.socket.sent == ["missed", "live"]


def test_R5_own_messages_are_sent_from_the_position_at_connecting(client: Client) -> None:
    client.serializer.own_after = 1
    client.replayed(*(_said(n, f"{n}", by="ada", to="bob") for n in (1, 2)))
    client.connection.offer(_said(3, "3", by="ada", to="bob"))
    assert client.socket.sent == ["2", "3"]


def test_own_messages_from_another_device_are_sent_live(client: Client) -> None:
    client.replayed()
    client.connection.offer(_said(1, "from the phone", by="ada", to="bob"))
    assert client.socket.sent == ["from the phone"]


async def test_R5_own_messages_from_another_device_are_sent_after_a_gap_too(client: Client) -> None:
    client.replayed()
    client.connection.offer(_said(2, "second", by="ada", to="bob"))
    await asyncio.sleep(2 * GAP_TIMEOUT)
    first, second = (_said(n, f"{n}", by="ada", to="bob") for n in (1, 2))
    client.replayed(first, second)
    assert client.socket.sent == ["1", "2"]


def test_R5_an_acknowledged_own_message_is_not_sent_again(client: Client) -> None:
    client.replayed()
    own = _said(1, "own", by="ada", to="bob")
    client.serializer.note_reply(client.connection, [own])
    client.connection.offer(own)
    assert (client.socket.sent, client.connection.position) == ([], 1)


async def test_R5_an_acknowledged_own_message_is_not_sent_again_after_a_gap(client: Client) -> None:
    client.replayed()
    own = _said(2, "own", by="ada", to="bob")
    client.serializer.note_reply(client.connection, [own])
    client.connection.offer(own)
    await asyncio.sleep(2 * GAP_TIMEOUT)
    client.replayed(_said(1, "from bob"), own, _said(3, "from the phone", by="ada", to="bob"))
    assert client.socket.sent == ["from bob", "from the phone"]


def test_R5_an_own_message_is_not_sent_before_its_acknowledgement(client: Client) -> None:
    client.serializer.note_submitted("key")
    own = _said(1, "own", by="ada", to="bob")
    client.replayed(own)
    client.serializer.note_answered("key")
    client.serializer.note_reply(client.connection, [own])
    client.connection.offer(_said(2, "from the phone", by="ada", to="bob"))
    assert client.socket.sent == ["from the phone"]


def test_R7_a_deleted_message_is_not_sent(client: Client) -> None:
    client.replayed(_said(1, "", deleted=5))
    assert (client.socket.sent, client.connection.position) == ([], 1)


def test_other_kinds_of_events_only_advance_the_position(client: Client) -> None:
    client.replayed()
    message = _said(1, "edited").payload.content
    receipt = Receipt("c", "bob", 1, 1)
    client.connection.offer(Event("ada", 1, EventPayload(EventKind.EDIT, message)))
    client.connection.offer(Event("ada", 2, EventPayload(EventKind.RECEIPT, receipt)))
    assert (client.socket.sent, client.connection.position) == ([], 2)


@pytest.mark.parametrize("pair", [("ada", RESPONDER_ID), (RESPONDER_ID, "ada")])
def test_sessions_with_the_responder_only_count(client: Client, pair: tuple[str, str]) -> None:
    client.replayed()
    by, to = pair
    client.connection.offer(_said(1, "echo", by=by, to=to))
    assert (client.socket.sent, client.connection.position) == ([], 1)


def test_an_event_that_needs_a_look_up_is_read_from_the_log(client: Client) -> None:
    client.replayed()
    client.serializer.unknown = {"hi"}
    client.connection.offer(_said(1, "hi"))
    assert (client.socket.sent, client.connection.position) == ([], 0)
    client.replayed(_said(1, "hi"))
    assert client.socket.sent == ["hi"]


def test_S1_S5_an_ended_login_and_an_expired_token_close(client: Client) -> None:
    client.connection.log_out()
    client.connection.expire()
    assert client.socket.sent == ["closed 1008", "closed 1008"]
