"""What a person sees of what happens."""

import json

import msgspec
import pytest

from backchannel.cli.chat import frames
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.screen import Screen
from backchannel.cli.chat.talk import Talk
from backchannel.dialects.native import server_frames as server
from backchannel.dialects.native.bodies import MessageBody, UserBody
from backchannel.domain.ids import RESPONDER_ID

ADA = UserBody(id="a", username="ada", display_name="Ada")
GRACE = UserBody(id="g", username="grace", display_name="Grace")
LIN = UserBody(id="l", username="lin", display_name="Lin")


class KnownPeople:
    """The people of these tests, seen by Ada, without a server."""

    own_id = ADA.id

    async def find(self, name: str) -> UserBody:
        return {user.id: user for user in (ADA, GRACE, LIN)}[name]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def talk(outbox: Outbox) -> Talk:
    talk = Talk(KnownPeople(), outbox, Screen())
    talk.peer = GRACE
    return talk


def entry(kind: str = "message", position: int = 1, **changed: object) -> frames.Entry:
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
    return frames.Entry(position=position, previous=position - 1, kind=kind, data=raw)


async def shown(
    talk: Talk, capsys: pytest.CaptureFixture[str], *entries: frames.Entry
) -> list[str]:
    """The lines for these entries, without their time."""
    for each in entries:
        await talk.show(each)
    return [line[6:] for line in capsys.readouterr().out.splitlines()]


async def test_a_message_of_the_peer_is_shown_and_read(
    talk: Talk, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await shown(talk, capsys, entry(position=7)) == ["grace  hello"]
    assert await outbox.next() == {"type": "read", "conversation_id": "c", "seq": 7}


async def test_what_one_has_said_elsewhere_names_its_receiver(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    own = entry(sender_id=ADA.id, recipient_id=LIN.id)
    other = entry(position=2, sender_id=LIN.id)
    assert await shown(talk, capsys, own, other) == [
        "you to lin  hello",
        "lin  hello",
    ]


async def test_R7_changes_say_so_and_deleted_text_is_gone(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = await shown(
        talk,
        capsys,
        entry("edit", body="hello!"),
        entry("delete", body="", deleted_at="2026-05-04T10:52:00.000Z"),
    )
    assert lines == ["grace  changed to: hello!", "grace  deleted a message"]


async def test_what_the_history_had_is_not_shown_again(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    message = msgspec.json.decode(entry(position=3).data, type=MessageBody)
    await talk.show_history([message])
    capsys.readouterr()
    assert await shown(talk, capsys, entry(position=3), entry(position=4)) == ["grace  hello"]


async def test_sessions_with_the_server_are_no_conversations_between_people(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await shown(talk, capsys, entry(sender_id=RESPONDER_ID)) == []


async def test_a_receipt_is_told_once(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    ack = server.Ack(
        client_id="k",
        id="m",
        conversation_id="c",
        seq=5,
        created_at="2026-05-04T10:51:23.000Z",
        position=8,
        previous=7,
        repeated=False,
    )
    await talk.show(ack)
    receipt = {"conversation_id": "c", "user_id": GRACE.id, "delivered_seq": 5, "read_seq": 5}
    read = frames.Entry(
        position=9, previous=8, kind="receipt", data=msgspec.Raw(json.dumps(receipt).encode())
    )
    await talk.show(read)
    await talk.show(read)
    assert capsys.readouterr().out.splitlines() == ["✓ stored", "grace has read it"]


@pytest.mark.parametrize(
    ("signal", "line"),
    [
        (server.Typing(conversation_id="c", user_id="g", active=True), "grace is typing …\n"),
        (server.Typing(conversation_id="c", user_id="l", active=True), ""),
        (server.Presence(user_id="g", online=False, last_seen_at=None), "grace is away\n"),
    ],
)
async def test_signals_of_the_peer_are_shown(
    talk: Talk, capsys: pytest.CaptureFixture[str], signal: frames.Signal, line: str
) -> None:
    await talk.show(signal)
    assert capsys.readouterr().out == line
