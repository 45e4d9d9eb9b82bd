"""The frames of `/chat`, word for word."""

import json
from collections.abc import AsyncGenerator

import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.chat.sessions import open_session
from backchannel.domain.errors import Unavailable
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import ClientSocket, Frame, Person, connected

MALFORMED = "Invalid message format"
NOT_ALLOWED = "Conversation not found or user not authorized"
FAILED = "Error handling message"


@pytest.fixture
async def client(server: ChatServer, ada: Person, bob: Person) -> AsyncGenerator[ClientSocket]:
    """Ada's socket; bob is a user."""
    async with connected(server, "/chat", ada) as (client,):
        yield client


async def test_a_first_message_by_receiver_and_the_answer_by_conversation_id(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    conversation_id = direct_conversation_id(ada.id, bob.id)
    async with connected(server, "/chat", ada, ada, bob) as (phone, laptop, other):
        stored = await phone.ask({"receiver": "bob", "content": "Lunch?"})
        delivered = {
            "message_id": AN_ID,
            "conversation_id": conversation_id,
            "sender_id": ada.id,
            "content": "Lunch?",
            "timestamp": A_TIME,
        }
        assert stored == {**delivered, "status": "stored"}
        frame = {key: value for key, value in stored.items() if key != "status"}
        assert await other.receive() == await laptop.receive() == frame

        answer = {"conversationId": conversation_id, "content": "Noon.", "clientId": "7"}
        stored = await other.ask(answer)
        assert stored == {
            **delivered,
            "sender_id": bob.id,
            "content": "Noon.",
            "status": "stored",
            "clientId": "7",
        }
        del stored["status"], stored["clientId"]
        assert await phone.receive() == await laptop.receive() == stored


async def test_the_keys_of_a_frame_are_in_the_order_of_the_document(client: ClientSocket) -> None:
    await client.send({"receiver": "bob", "content": "hi"})
    keys = list(json.loads(await client.socket.recv()))
    assert keys == [
        "message_id",
        "conversation_id",
        "sender_id",
        "content",
        "timestamp",
        "status",
    ]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "{",
        "[]",
        "null",
        '"text"',
        "7",
        "[" * 100_000,
        b"\xff\xfe",
        {},
        {"receiver": "bob"},
        {"content": "to whom?"},
        {"receiver": None, "content": "to whom?"},
        {"receiver": "bob", "conversationId": "x", "content": "which?"},
        {"receiver": "bob", "content": None},
        {"receiver": "bob", "content": 7},
        {"receiver": "bob", "content": {"$ne": ""}},
        {"receiver": ["bob"], "content": "hi"},
        {"receiver": "bob", "content": ""},
        {"receiver": "bob", "content": " \n"},
        {"receiver": "bob", "content": "a\u0000b"},
        {"receiver": "bob", "content": "x" * 65_537},
        {"receiver": "ada", "content": "to myself"},
        {"receiver": "bob", "content": "hi", "clientId": ""},
        {"receiver": "bob", "content": "hi", "clientId": "x" * 129},
        {"receiver": "bob", "content": "hi", "sender": {"id": 1}},
    ],
    ids=lambda frame: str(frame)[:40],
)
async def test_a_malformed_frame_is_an_error_and_the_socket_stays_open(
    client: ClientSocket, frame: object
) -> None:
    refusal = await client.ask(frame)
    assert _without_client_id(refusal) == {
        "error": MALFORMED,
        "message": MALFORMED,
        "code": "invalid",
        "reason": SOMETHING,
    }
    assert (await client.ask({"receiver": "bob", "content": "hi"}))["status"] == "stored"


async def test_S11_unknown_and_foreign_conversations_get_the_same_error(
    server: ChatServer, client: ClientSocket, bob: Person, eve: Person
) -> None:
    foreign = direct_conversation_id(bob.id, eve.id)
    draft = Draft(foreign, bob.id, eve.id, "1", "secret")
    await server.core.storage.append([draft], at=1)
    for unknown in (foreign, new_id(), "", "x" * 500, "' OR 1=1 --"):
        frame = {"conversationId": unknown, "content": "hi", "clientId": "c"}
        assert await client.ask(frame) == {
            "error": NOT_ALLOWED,
            "message": NOT_ALLOWED,
            "code": "not_found",
            "reason": "conversation not found",
            "clientId": "c",
        }
    assert len(await server.core.storage.history(foreign, limit=5)) == 1


async def test_an_unknown_receiver_is_not_found(client: ClientSocket) -> None:
    refusal = await client.ask({"receiver": "nobody", "content": "hi"})
    assert (refusal["error"], refusal["code"]) == (NOT_ALLOWED, "not_found")


async def test_another_sender_is_not_authorized(client: ClientSocket) -> None:
    refusal = await client.ask({"receiver": "bob", "content": "hi", "sender_id": "bob"})
    assert (refusal["error"], refusal["code"]) == (NOT_ALLOWED, "forbidden")


async def test_a_blocked_sender_is_not_authorized(
    server: ChatServer, client: ClientSocket, ada: Person, bob: Person
) -> None:
    await set_blocked(server.core, bob.id, ada.id, blocked=True)
    refusal = await client.ask({"receiver": "bob", "content": "hi"})
    assert (refusal["error"], refusal["code"]) == (NOT_ALLOWED, "blocked")


async def test_a_session_with_the_responder_is_not_found_in_this_dialect(
    server: ChatServer, client: ClientSocket, ada: Person
) -> None:
    view = await open_session(server.core, ada.id, key="notes")
    refusal = await client.ask({"conversationId": view.id, "content": "hi"})
    assert refusal["error"] == NOT_ALLOWED


async def test_R9_an_unavailable_database_is_answered_with_error_handling_message(
    server: ChatServer, client: ClientSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = {"receiver": "bob", "content": "hi", "clientId": "c"}

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=1.0)

    with monkeypatch.context() as patched:
        patched.setattr(server.core.storage, "append_gathered", away)
        assert await client.ask(frame) == {
            "error": FAILED,
            "message": FAILED,
            "code": "unavailable",
            "reason": "the database is away",
            "retry_after": 1.0,
            "clientId": "c",
        }
    assert (await client.ask(frame))["status"] == "stored"


async def test_a_reused_client_id_is_answered_with_error_handling_message(
    client: ClientSocket,
) -> None:
    await client.ask({"receiver": "bob", "content": "one", "clientId": "c"})
    refusal = await client.ask({"receiver": "bob", "content": "two", "clientId": "c"})
    assert (refusal["error"], refusal["code"]) == (FAILED, "client_id_reused")


def _without_client_id(frame: Frame) -> Frame:
    return {key: value for key, value in frame.items() if key != "clientId"}
