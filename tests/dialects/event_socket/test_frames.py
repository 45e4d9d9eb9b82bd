"""The frames of `/websocket`, word for word."""

import json
from collections.abc import AsyncGenerator

import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.chat.directory import Directory
from backchannel.domain.errors import Unavailable
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import Frame, Person, Talker, talking

PATH = "/websocket"


@pytest.fixture
async def talker(server: ChatServer, ada: Person, bob: Person) -> AsyncGenerator[Talker]:
    """Ada's socket; bob is a user."""
    async with talking(server, PATH, ada) as (talker,):
        yield talker


async def test_a_message_from_sender_to_receiver(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with talking(server, PATH, ada, ada, bob) as (phone, laptop, other):
        stored = await phone.ask({"sender": "ada", "receiver": "bob", "content": "Lunch?"})
        delivered = {
            "sender": "ada",
            "receiver": "bob",
            "content": "Lunch?",
            "timestamp": A_TIME,
            "id": AN_ID,
        }
        assert stored == {**delivered, "status": "stored"}
        del stored["status"]
        assert await other.hear() == await laptop.hear() == stored


async def test_ids_are_taken_and_usernames_are_given(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with talking(server, PATH, ada, bob) as (a, b):
        stored = await a.ask({"sender": ada.id, "receiver": bob.id, "content": "hi"})
        heard = await b.hear()
    assert [(each["sender"], each["receiver"]) for each in (stored, heard)] == [("ada", "bob")] * 2


async def test_the_keys_come_in_the_order_of_the_document(talker: Talker) -> None:
    await talker.say({"receiver": "bob", "content": "hi", "clientId": "7"})
    keys = list(json.loads(await talker.socket.recv()))
    assert keys == ["sender", "receiver", "content", "timestamp", "id", "status", "clientId"]


async def test_a_client_that_sends_envelopes_is_answered_in_envelopes(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with talking(server, PATH, ada, ada, bob) as (wrapping, plain, other):
        data = {"sender": "ada", "receiver": "bob", "content": "hi", "clientId": "7"}
        stored = await wrapping.ask({"event": "message", "data": data})
        assert stored["event"] == "message"
        assert stored["data"] == {
            "sender": "ada",
            "receiver": "bob",
            "content": "hi",
            "timestamp": A_TIME,
            "id": AN_ID,
            "status": "stored",
            "clientId": "7",
        }
        delivered = {k: v for k, v in stored["data"].items() if k not in {"status", "clientId"}}
        assert await plain.hear() == await other.hear() == delivered

        await other.ask({"receiver": "ada", "content": "and back"})
        assert (await wrapping.hear())["data"] == await plain.hear()
        refusal = await wrapping.ask({"event": "message", "data": {"receiver": "bob"}})
        assert refusal == {
            "event": "error",
            "data": {
                "error": "content is missing",
                "message": "content is missing",
                "code": "invalid",
                "field": "content",
            },
        }


@pytest.mark.parametrize(
    "frame",
    [
        {"event": "join", "data": {"receiver": "bob", "content": "hi"}},
        {"event": 7, "data": {"receiver": "bob", "content": "hi"}},
        {"data": {"receiver": "bob", "content": "hi"}},
        {"event": "message", "data": "hi"},
        {"event": "message", "data": None},
        {"event": "message"},
    ],
    ids=str,
)
async def test_an_envelope_holds_a_message_and_nothing_else(talker: Talker, frame: object) -> None:
    refusal = await talker.ask(frame)
    assert refusal.get("data", refusal)["code"] == "invalid"


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ("", None),
        ("hello", None),
        ("{", None),
        ("[]", None),
        ("null", None),
        ("[" * 100_000, None),
        (b"\xff\xfe", None),
        ({}, "receiver"),
        ({"sender": "ada", "receiver": "bob"}, "content"),
        ({"sender": "ada", "content": "to whom?"}, "receiver"),
        ({"receiver": None, "content": "to whom?"}, "receiver"),
        ({"receiver": "bob", "content": 7}, "content"),
        ({"receiver": {"$ne": ""}, "content": "hi"}, "receiver"),
        ({"receiver": "bob", "content": ""}, "content"),
        ({"receiver": "bob", "content": " \n"}, "content"),
        ({"receiver": "bob", "content": "a\u0000b"}, "content"),
        ({"receiver": "bob", "content": "x" * 65_537}, "content"),
        ({"receiver": "ada", "content": "to myself"}, "receiver"),
        ({"receiver": "bob", "content": "hi", "clientId": ""}, "clientId"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_malformed_frame_is_told_and_the_socket_stays_open(
    talker: Talker, frame: object, field: str | None
) -> None:
    refusal = await talker.ask(frame)
    assert refusal["error"] == refusal["message"] == SOMETHING
    assert (refusal["code"], refusal.get("field")) == ("invalid", field)
    assert (await talker.ask({"receiver": "bob", "content": "hi"}))["status"] == "stored"


async def test_an_unknown_receiver_is_not_found(talker: Talker) -> None:
    refusal = await talker.ask({"receiver": "nobody", "content": "hi", "clientId": "c"})
    assert refusal == {
        "error": "receiver is not a user",
        "message": "receiver is not a user",
        "code": "not_found",
        "field": "receiver",
        "clientId": "c",
    }


async def test_who_is_blocked_is_told(
    server: ChatServer, talker: Talker, ada: Person, bob: Person
) -> None:
    await set_blocked(server.core, bob.id, ada.id, blocked=True)
    assert (await talker.ask({"receiver": "bob", "content": "hi"}))["code"] == "blocked"


async def test_R9_a_database_that_is_away_is_told_with_the_time_to_wait(
    server: ChatServer, talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = {"receiver": "bob", "content": "hi", "clientId": "c"}

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=1.0)

    with monkeypatch.context() as patched:
        patched.setattr(server.core.storage, "append_gathered", away)
        refusal = await talker.ask(frame)
    assert (refusal["code"], refusal["retry_after"], refusal["clientId"]) == (
        "unavailable",
        1.0,
        "c",
    )
    assert (await talker.ask(frame))["status"] == "stored"


async def test_names_that_are_not_remembered_are_looked_up(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    """As on a node that has never heard of the sender."""
    heard: list[Frame] = []
    async with talking(server, PATH, bob, ada, ada) as (b, a, other):
        for count in range(3):
            await a.say({"receiver": "bob", "content": str(count)})
            await a.hear()
            _forget(server.core.directory, ada)
            heard += [await b.hear(), await other.hear()]
    assert [(each["sender"], each["content"]) for each in heard] == [
        ("ada", str(count)) for count in (0, 0, 1, 1, 2, 2)
    ]


def _forget(directory: Directory, person: Person) -> None:
    directory._usernames.pop(person.id, None)
