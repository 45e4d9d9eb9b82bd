"""The frames of `/websocket`, word for word."""

import json
from collections.abc import AsyncGenerator

import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.chat.directory import Directory
from backchannel.domain.errors import Unavailable
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import ClientSocket, Frame, Person, connected

PATH = "/websocket"


@pytest.fixture
async def client(server: ChatServer, ada: Person, bob: Person) -> AsyncGenerator[ClientSocket]:
    """Ada's socket; bob is a user."""
    async with connected(server, PATH, ada) as (client,):
        yield client


async def test_a_message_from_sender_to_receiver(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with connected(server, PATH, ada, ada, bob) as (phone, laptop, other):
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
        assert await other.receive() == await laptop.receive() == stored


async def test_ids_are_accepted_and_usernames_are_returned(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with connected(server, PATH, ada, bob) as (ada_client, bob_client):
        stored = await ada_client.ask({"sender": ada.id, "receiver": bob.id, "content": "hi"})
        received = await bob_client.receive()
    assert [(each["sender"], each["receiver"]) for each in (stored, received)] == [
        ("ada", "bob")
    ] * 2


async def test_the_keys_of_a_frame_are_in_the_order_of_the_document(client: ClientSocket) -> None:
    await client.send({"receiver": "bob", "content": "hi", "clientId": "7"})
    keys = list(json.loads(await client.socket.recv()))
    assert keys == ["sender", "receiver", "content", "timestamp", "id", "status", "clientId"]


async def test_a_client_that_sends_envelopes_is_answered_in_envelopes(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with connected(server, PATH, ada, ada, bob) as (wrapping, plain, other):
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
        assert await plain.receive() == await other.receive() == delivered

        await other.ask({"receiver": "ada", "content": "and back"})
        assert (await wrapping.receive())["data"] == await plain.receive()
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
async def test_an_envelope_holds_a_message_and_nothing_else(
    client: ClientSocket, frame: object
) -> None:
    refusal = await client.ask(frame)
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
async def test_a_malformed_frame_is_an_error_and_the_socket_stays_open(
    client: ClientSocket, frame: object, field: str | None
) -> None:
    refusal = await client.ask(frame)
    assert refusal["error"] == refusal["message"] == SOMETHING
    assert (refusal["code"], refusal.get("field")) == ("invalid", field)
    assert (await client.ask({"receiver": "bob", "content": "hi"}))["status"] == "stored"


async def test_an_unknown_receiver_is_not_found(client: ClientSocket) -> None:
    refusal = await client.ask({"receiver": "nobody", "content": "hi", "clientId": "c"})
    assert refusal == {
        "error": "receiver is not a user",
        "message": "receiver is not a user",
        "code": "not_found",
        "field": "receiver",
        "clientId": "c",
    }


async def test_a_blocked_sender_gets_an_error(
    server: ChatServer, client: ClientSocket, ada: Person, bob: Person
) -> None:
    await set_blocked(server.core, bob.id, ada.id, blocked=True)
    assert (await client.ask({"receiver": "bob", "content": "hi"}))["code"] == "blocked"


async def test_R9_an_unavailable_database_is_answered_with_retry_after(
    server: ChatServer, client: ClientSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = {"receiver": "bob", "content": "hi", "clientId": "c"}

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=1.0)

    with monkeypatch.context() as patched:
        patched.setattr(server.core.storage, "append_gathered", away)
        refusal = await client.ask(frame)
    assert (refusal["code"], refusal["retry_after"], refusal["clientId"]) == (
        "unavailable",
        1.0,
        "c",
    )
    assert (await client.ask(frame))["status"] == "stored"


async def test_usernames_missing_from_the_cache_are_looked_up(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    """A node that has not seen the sender before looks the username up."""
    received: list[Frame] = []
    async with connected(server, PATH, bob, ada, ada) as (bob_client, ada_client, other):
        for count in range(3):
            await ada_client.send({"receiver": "bob", "content": str(count)})
            await ada_client.receive()
            _forget(server.core.directory, ada)
            received += [await bob_client.receive(), await other.receive()]
    assert [(each["sender"], each["content"]) for each in received] == [
        ("ada", str(count)) for count in (0, 0, 1, 1, 2, 2)
    ]


def _forget(directory: Directory, person: Person) -> None:
    directory._usernames.pop(person.id, None)
