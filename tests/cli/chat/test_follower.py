"""The chat client keeps the protocol's promises: nothing twice, nothing missed."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backchannel.cli.chat import frames
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.outbox import Outbox, Signal
from backchannel.cli.chat.unsent import Message, UnsentMessages
from backchannel.dialects.native import server_frames as server


@dataclass
class Journal:
    """Writes down what it is told."""

    told: list[str] = field(default_factory=list)

    def connected(self, *, afresh: bool) -> None:
        self.told.append("afresh" if afresh else "connected")

    def disconnected(self, reason: str) -> None:
        self.told.append(reason)

    def happened(self, entry: frames.Entry) -> None:
        self.told.append(f"event {entry.position}")

    def stored(self, ack: server.Ack, message: Message) -> None:
        self.told.append(f"stored {message.client_id}")

    def refused(self, refusal: server.Error, message: Message | None) -> None:
        self.told.append(f"{message.client_id if message else None}: {refusal.detail}")

    def signalled(self, signal: server.Typing | server.Presence) -> None:
        self.told.append(type(signal).__name__)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(UnsentMessages(tmp_path))


@pytest.fixture
def follower(outbox: Outbox, journal: Journal) -> Follower:
    follower = Follower(outbox, journal)
    follower.take(frames.decode(welcome(position=5)))
    journal.told.clear()
    return follower


def welcome(*, position: int) -> str:
    return (
        '{"type":"welcome","user_id":"u","username":"ada","epoch":"e",'
        f'"position":{position},"heartbeat":25}}'
    )


def event(position: int) -> str:
    return (
        f'{{"type":"event","position":{position},"previous":{position - 1},'
        '"kind":"profile","data":{"user_id":"u"}}'
    )


def message_event(position: int, **changed: object) -> str:
    data = {
        "conversation_id": "c",
        "seq": 1,
        "id": "m",
        "sender_id": "u",
        "recipient_id": "g",
        "kind": "text",
        "body": "one",
        "reply_to": None,
        "revision": 0,
        "created_at": "2026-05-04T10:51:23.000Z",
        "edited_at": None,
        "deleted_at": None,
        "reactions": {},
    }
    entry = {"type": "event", "position": position, "previous": position - 1, "kind": "message"}
    return json.dumps({**entry, "data": {**data, **changed}})


def ack(client_id: str, position: int) -> str:
    return (
        f'{{"type":"ack","client_id":"{client_id}","id":"m","conversation_id":"c","seq":1,'
        f'"created_at":"2026-05-04T10:51:23.000Z","position":{position},'
        f'"previous":{position - 1},"repeated":false}}'
    )


def refusal(client_id: str, **more: object) -> str:
    error = {"type": "error", "title": "no", "status": 400, "detail": "no"}
    return json.dumps({**error, "client_id": client_id, **more})


async def sent(outbox: Outbox) -> list[Message | Signal]:
    """All signals that wait to be sent."""
    outbox.signal(type="last")
    frames = [await outbox.next()]
    while frames[-1] != {"type": "last"}:
        frames.append(await outbox.next())
    return frames[:-1]


async def test_a_fresh_device_says_nothing_of_a_position(outbox: Outbox, journal: Journal) -> None:
    assert Follower(outbox, journal).hello("t") == {"type": "hello", "token": "t"}


async def test_R5_a_device_says_how_far_it_got(follower: Follower) -> None:
    follower.take(frames.decode(event(6)))
    assert follower.hello("t")["position"] == 6
    assert follower.hello("t")["epoch"] == "e"


async def test_R17_an_event_is_told_once(follower: Follower, journal: Journal) -> None:
    for position in (6, 6, 7, 5):
        follower.take(frames.decode(event(position)))
    assert journal.told == ["event 6", "event 7"]


async def test_R5_a_gap_is_asked_for_and_filled_in_order(
    follower: Follower, journal: Journal, outbox: Outbox
) -> None:
    follower.take(frames.decode(event(8)))
    assert journal.told == []
    assert await sent(outbox) == [{"type": "sync", "epoch": "e", "position": 5}]
    entries = ",".join(event(position).replace('"type":"event",', "") for position in (6, 7, 8))
    follower.take(
        frames.decode(f'{{"type":"sync","events":[{entries}],"position":8,"more":false}}')
    )
    assert journal.told == ["event 6", "event 7", "event 8"]


@pytest.mark.parametrize("kind", ["heartbeat", "pong"])
async def test_a_heartbeat_shows_what_was_lost(
    follower: Follower, outbox: Outbox, kind: str
) -> None:
    follower.take(frames.decode(f'{{"type":"{kind}","position":5}}'))
    assert await sent(outbox) == []
    follower.take(frames.decode(f'{{"type":"{kind}","position":6}}'))
    assert await sent(outbox) == [{"type": "sync", "epoch": "e", "position": 5}]


async def test_R13_a_lagging_device_asks_to_go_on(follower: Follower, outbox: Outbox) -> None:
    follower.take(frames.decode('{"type":"lagging","position":5}'))
    assert await sent(outbox) == [{"type": "sync", "epoch": "e", "position": 5}]


async def test_the_acknowledgement_of_a_message_is_its_event(
    follower: Follower, journal: Journal, outbox: Outbox
) -> None:
    outbox.send(Message("a", "g", "one"))
    follower.take(frames.decode(ack("a", 6)))
    follower.take(frames.decode(event(6)))
    follower.take(frames.decode(event(7)))
    assert journal.told == ["stored a", "event 7"]


async def test_R2_a_lost_acknowledgement_is_made_up_for_by_the_log(
    follower: Follower, journal: Journal, outbox: Outbox
) -> None:
    outbox.send(Message("a", "g", "one"))
    await outbox.next()
    follower.take(frames.decode(message_event(6, client_id="a")))
    assert len(outbox) == 0
    follower.take(frames.decode(ack("a", 6)))
    assert journal.told == ["event 6"]


async def test_a_message_refused_for_good_is_told_with_its_text(
    follower: Follower, journal: Journal, outbox: Outbox
) -> None:
    outbox.send(Message("a", "g", ""))
    follower.take(frames.decode(refusal("a", code="invalid")))
    assert journal.told == ["a: no"]
    assert await outbox.settled(0)


@pytest.mark.parametrize(
    "more",
    [{"code": "throttled", "retry_after": 30.0}, {"code": "unavailable"}, {"code": "overloaded"}],
)
async def test_R14_a_message_refused_for_now_is_sent_later(
    follower: Follower, journal: Journal, outbox: Outbox, more: dict[str, object]
) -> None:
    outbox.send(Message("a", "g", "one"))
    await outbox.next()
    follower.take(frames.decode(refusal("a", **more)))
    assert journal.told == []
    assert len(outbox) == 1
    assert 0 < outbox.pause <= 30


async def test_a_message_that_is_too_big_is_refused_and_not_sent_again(
    follower: Follower, journal: Journal, outbox: Outbox
) -> None:
    assert not follower.too_big("message too big")
    outbox.send(Message("a", "g", "x" * 99))
    await outbox.next()
    assert follower.too_big("message too big")
    assert journal.told == ["a: message too big"]
    assert len(outbox) == 0


async def test_positions_are_acknowledged_once(follower: Follower, outbox: Outbox) -> None:
    follower.take(frames.decode(event(6)))
    follower.acknowledge()
    follower.acknowledge()
    assert await sent(outbox) == [{"type": "ack", "position": 6}]


async def test_a_reset_starts_afresh(follower: Follower, journal: Journal) -> None:
    follower.take(
        frames.decode('{"type":"reset","reason":"epoch_changed","epoch":"f","position":2}')
    )
    follower.take(frames.decode(event(3)))
    assert journal.told == ["afresh", "event 3"]
