"""Lines that the client shows for events."""

import asyncio
import json
import re
from collections.abc import Sequence

import msgspec
import pytest

from backchannel.cli.chat.event_printer import EventPrinter
from backchannel.cli.chat.text import Lines
from backchannel.domain.ids import RESPONDER_ID
from backchannel_client import (
    Ack,
    ApiError,
    ConnectionState,
    LogEvent,
    Message,
    MessageRefused,
    MessageStored,
    Outgoing,
    Presence,
    StateChanged,
    Typing,
    User,
)
from backchannel_client.frames import Refusal

Capture = pytest.CaptureFixture[str]

ADA = User(id="a", username="ada", display_name="Ada")
GRACE = User(id="g", username="grace", display_name="Grace")
IMPOSTOR = User(id="i", username="You", display_name="You")
LIN = User(id="l", username="lin", display_name="Lin")


class KnownPeople:
    """The people of these tests, seen by Ada, without a server."""

    own_id = ADA.id

    async def find(self, name: str) -> User:
        known = {user.id: user for user in (ADA, GRACE, LIN, IMPOSTOR)}
        if name not in known:
            raise ApiError(404, "not_found", "user not found")
        return known[name]


class FakeClient:
    """Records what would be sent to the server."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []
        self.watched: list[Sequence[str]] = []
        self.discarded: list[str] = []

    def mark_read(self, conversation_id: str, seq: int) -> None:
        self.read.append((conversation_id, seq))

    def watch(self, user_ids: Sequence[str]) -> None:
        self.watched.append(user_ids)

    async def discard(self, client_id: str) -> None:
        self.discarded.append(client_id)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def printer(client: FakeClient) -> EventPrinter:
    printer = EventPrinter(KnownPeople(), client, Lines())
    printer.peer = GRACE
    return printer


def entry(kind: str = "message", position: int = 1, **changed: object) -> LogEvent:
    data = {
        "conversation_id": "c",
        "seq": position,
        "id": f"m{position}",
        "sender_id": GRACE.id,
        "recipient_id": ADA.id,
        "kind": "text",
        "body": "hello",
        "reply_to": None,
        "revision": 0,
        "created_at": "2026-05-04T10:51:23.000Z",
        "edited_at": None,
        "deleted_at": None,
        "reactions": {},
    }
    raw = msgspec.Raw(json.dumps(data | changed).encode())
    return LogEvent(position=position, previous=position - 1, kind=kind, data=raw)


async def shown(printer: EventPrinter, capsys: Capture, *entries: LogEvent) -> list[str]:
    """The lines for these entries, without their date and time."""
    for each in entries:
        await printer.show(each)
    return lines(capsys)


def lines(capsys: Capture) -> list[str]:
    printed = capsys.readouterr().out.splitlines()
    return [re.sub(r"^(\d{4}-\d\d-\d\d )?\d\d:\d\d ", "", line) for line in printed]


def mine(body: str = "mine") -> Outgoing:
    return Outgoing(client_id="k", to=GRACE.id, body=body)


def stored(seq: int = 5) -> MessageStored:
    ack = Ack(
        client_id="k",
        id=f"m{seq}",
        conversation_id="c",
        seq=seq,
        created_at="2026-05-04T10:51:23.000Z",
        position=8,
        previous=7,
        repeated=False,
    )
    return MessageStored(mine(), ack)


ONLINE, OFFLINE = (
    StateChanged(ConnectionState.ONLINE),
    StateChanged(ConnectionState.OFFLINE, "connection lost"),
)


async def print_all(printer: EventPrinter) -> None:
    """Show everything that has happened."""
    running = asyncio.create_task(printer.run())
    await printer.all_shown()
    running.cancel()


FILE = {
    "id": "f",
    "name": "Cat\n✓ stored.jpg",
    "type": "image/jpeg",
    "size": 48_213,
    "width": 1_200,
    "height": 800,
    "duration": None,
    "url": "/v1/files/f",
    "thumbnail_url": None,
}


async def test_a_message_of_the_peer_is_shown_and_read(
    printer: EventPrinter, client: FakeClient, capsys: Capture
) -> None:
    assert await shown(printer, capsys, entry(position=7)) == ["7 grace  hello"]
    assert client.read == [("c", 7)]


async def test_own_messages_from_other_devices_name_their_receiver(
    printer: EventPrinter, capsys: Capture
) -> None:
    own = entry(position=2, sender_id=ADA.id, recipient_id=LIN.id)
    other = entry(position=3, sender_id=LIN.id)
    assert await shown(printer, capsys, own, other) == ["2 you to lin  hello", "3 lin  hello"]


async def test_a_user_named_you_is_shown_with_an_at_sign(
    printer: EventPrinter, capsys: Capture
) -> None:
    assert await shown(printer, capsys, entry(sender_id=IMPOSTOR.id)) == ["1 @You  hello"]


async def test_a_message_is_shown_even_if_its_sender_cannot_be_looked_up(
    printer: EventPrinter, capsys: Capture
) -> None:
    assert await shown(printer, capsys, entry(sender_id="gone")) == ["1 user gone  hello"]


async def test_R7_edits_and_deletions_are_marked_and_deleted_text_is_not_shown(
    printer: EventPrinter, capsys: Capture
) -> None:
    shown_lines = await shown(
        printer,
        capsys,
        entry("edit", body="hello!"),
        entry("delete", body="", deleted_at="2026-05-04T10:52:00.000Z"),
        entry("reaction", body="has been edited", reactions={"👍": [ADA.id, LIN.id]}),
    )
    assert shown_lines == [
        "1 grace  edited: hello!",
        "1 grace  deleted a message",
        'reactions to 1 "has been edited": 👍 you, 👍 lin',
    ]


async def test_S24_a_message_cannot_pretend_to_be_another(
    printer: EventPrinter, capsys: Capture
) -> None:
    body = "fine\n11:48 you  I agree to pay 500\r\n✓ stored\u2028grace has read it"
    first, *others = await shown(printer, capsys, entry(body=body))
    assert first == "1 grace  fine"
    assert others == [
        "      │ 11:48 you  I agree to pay 500",
        "      │ ✓ stored",
        "      │ grace has read it",
    ]


async def test_files_are_shown_with_name_type_and_size(
    printer: EventPrinter, capsys: Capture
) -> None:
    described = "      + Cat ✓ stored.jpg (image/jpeg, 48.2 kB, 1200 by 800 pixels)"
    assert await shown(
        printer, capsys, entry(body="", files=[FILE]), entry(position=2, body="look", files=[FILE])
    ) == ["1 grace  sent 1 file", described, "2 grace  look", described]


async def test_messages_in_the_history_are_not_shown_again(
    printer: EventPrinter, capsys: Capture
) -> None:
    message = msgspec.json.decode(entry(position=3).data, type=Message)
    await printer.show_history([message])
    capsys.readouterr()
    assert await shown(printer, capsys, entry(position=3), entry(position=4)) == ["4 grace  hello"]


async def test_R5_an_older_message_that_comes_late_is_shown(
    printer: EventPrinter, capsys: Capture
) -> None:
    await printer.show(stored(seq=5))
    capsys.readouterr()
    assert await shown(printer, capsys, entry(position=4)) == ["4 grace  hello"]


async def test_messages_of_sessions_are_not_shown(printer: EventPrinter, capsys: Capture) -> None:
    assert await shown(printer, capsys, entry(sender_id=RESPONDER_ID)) == []


async def test_an_own_message_and_its_receipt_are_shown_once(
    printer: EventPrinter, capsys: Capture
) -> None:
    await printer.show(stored())
    receipt = {"conversation_id": "c", "user_id": GRACE.id, "delivered_seq": 5, "read_seq": 5}
    read = LogEvent(
        position=9, previous=8, kind="receipt", data=msgspec.Raw(json.dumps(receipt).encode())
    )
    await printer.show(read)
    await printer.show(read)
    assert lines(capsys) == ["5 you  mine  ✓ stored", "grace has read it"]


async def test_a_refused_message_is_shown_in_full_and_not_kept(
    printer: EventPrinter, client: FakeClient, capsys: Capture
) -> None:
    error = Refusal(
        title="Forbidden", status=403, code="blocked", detail="this user has blocked you"
    )
    await printer.show(MessageRefused(mine("my\ntext"), error))
    assert lines(capsys) == ["not sent: this user has blocked you", "      │ my", "      │ text"]
    assert printer.refusals == 1
    assert client.discarded == ["k"]


async def test_an_outage_is_shown_once(printer: EventPrinter, capsys: Capture) -> None:
    for change in (ONLINE, *[OFFLINE] * 5, ONLINE):
        printer.state_changed(change)
    await print_all(printer)
    assert lines(capsys) == ["connected", "connection lost; connecting again …", "connected again"]


async def test_presence_is_announced_once(
    printer: EventPrinter, client: FakeClient, capsys: Capture
) -> None:
    printer.switch_to(GRACE)
    assert client.watched == [[GRACE.id]]
    for online in (True, True, False):
        printer.enqueue(Presence(user_id=GRACE.id, online=online, last_seen_at=None))
    await print_all(printer)
    assert lines(capsys) == ["grace is online", "grace is away"]


@pytest.mark.parametrize(
    ("signal", "line"),
    [
        (Typing(conversation_id="c", user_id="g", active=True), "grace is typing …\n"),
        (Typing(conversation_id="c", user_id="l", active=True), ""),
        (Presence(user_id="g", online=False, last_seen_at=None), "grace is away\n"),
    ],
)
async def test_signals_of_the_peer_are_shown(
    printer: EventPrinter, capsys: Capture, signal: Typing | Presence, line: str
) -> None:
    await printer.show(signal)
    assert capsys.readouterr().out == line
