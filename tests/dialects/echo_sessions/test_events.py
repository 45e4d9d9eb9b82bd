"""The events of this dialect, word for word."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from backchannel.chat.core import Policy
from tests.dialects.echo_sessions.frames import ask, event, receive, saying
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import Person, log_in, register
from tests.support.responder import FAIL, ScriptedResponder
from tests.support.socketio_client import SocketIoClient, joined, opened, socketio_connected

UNKNOWN = {"ok": False, "success": False, "message": SOMETHING, "error": SOMETHING}


@asynccontextmanager
async def stranger(server: ChatServer) -> AsyncGenerator[SocketIoClient]:
    """A client that has not logged in."""
    async with opened(server) as socket:
        yield SocketIoClient(socket, await joined(socket))


async def test_a_message_is_stored_and_answered(server: ChatServer, ada: Person) -> None:
    async with socketio_connected(server, ada) as client:
        assert await ask(client, event("join-session", "mine")) == {
            "ok": True,
            "sessionId": "mine",
        }
        stored = await ask(client, saying("Hello, server!"))
        assert stored == {"ok": True, "sessionId": "mine", "messageId": AN_ID, "timestamp": A_TIME}
        echo = await receive(client)
        assert echo == {
            "sessionId": "mine",
            "content": "Hello, server!",
            "timestamp": A_TIME,
            "messageId": AN_ID,
        }
        assert echo["messageId"] != stored["messageId"]
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        read = (await http.get("/api/sessions/mine/messages")).json()
    session = {"id": "mine", "userId": ada.id, "name": "New session", "createdAt": A_TIME}
    sent = {"sessionId": "mine", "content": "Hello, server!"}
    assert read == {
        "success": True,
        "session": {**session, "lastMessageAt": echo["timestamp"]},
        "messages": [
            {**sent, "id": stored["messageId"], "sender": "user", "timestamp": A_TIME},
            {**sent, "id": echo["messageId"], "sender": "server", "timestamp": A_TIME},
        ],
    }


async def test_the_connection_event_authenticates(server: ChatServer, ada: Person) -> None:
    async with stranger(server) as client:
        assert (await ask(client, saying("too early")))["ok"] is False
        assert (await ask(client, event("connection", "a.b.c"))) == {
            **UNKNOWN,
            "code": "unauthenticated",
        }
        assert await ask(client, event("connection", ada.token)) == {"ok": True, "userId": ada.id}
        assert (await ask(client, saying("now")))["ok"] is True
        assert (await receive(client))["content"] == "now"
    async with stranger(server) as client:
        assert (await ask(client, event("connection", f"Bearer {ada.token}")))["ok"] is True


async def test_a_socket_cannot_change_its_user(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_connected(server, ada) as client:
        assert (await ask(client, event("connection", ada.token)))["ok"] is True
        assert (await ask(client, event("connection", bob.token)))["ok"] is False
        await ask(client, saying("still ada's"))
    async with httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http:
        assert (await http.get("/api/sessions")).json()["sessions"] == []


async def test_S18_a_socket_without_a_login_is_closed_at_the_deadline(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.1)
    async with (
        make_core(tmp_path, policy=policy) as core,
        chat_server(core) as server,
        stranger(server) as client,
    ):
        assert (await client.end())[0] != 1006


async def test_the_answer_goes_to_the_users_sockets_in_that_session(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as asking,
        socketio_connected(server, await log_in(server, "ada")) as there,
        socketio_connected(server, ada) as elsewhere,
        socketio_connected(server, bob) as stranger,
    ):
        await ask(there, event("join-session", "mine"))
        await ask(elsewhere, event("join-session", "other"))
        await ask(stranger, event("join-session", "mine"))
        await ask(asking, saying("Hello"))
        assert await receive(asking) == await receive(there)
        assert await elsewhere.receive_all() == await stranger.receive_all() == []


async def test_R2_a_repeated_client_id_is_stored_and_answered_once(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_connected(server, ada) as client:
        first = await ask(client, saying("once", clientId="1"))
        await receive(client)
        assert await ask(client, saying("once", clientId="1")) == first
        assert (await ask(client, saying("not that", clientId="1")))["code"] == "client_id_reused"
        assert await client.receive_all() == []


async def test_R4_answers_come_in_the_order_of_the_messages(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_connected(server, ada) as client:
        await client.send(*(saying(f"{number}", "new") for number in range(50)))
        received = [(await receive(client))["content"] for _ in range(50)]
        assert received == [f"{number}" for number in range(50)]


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("connection", None, "token"),
        ("connection", {"token": "x"}, "token"),
        ("join-session", 7, "sessionId"),
        ("join-session", "", "sessionId"),
        ("join-session", "x" * 129, "sessionId"),
        ("message", {"sessionId": 7, "content": "x"}, "sessionId"),
        ("message", {"sessionId": "mine"}, "content"),
        ("message", {"sessionId": "mine", "content": " "}, "content"),
    ],
)
async def test_invalid_events_are_answered_with_the_field_at_fault(
    server: ChatServer, ada: Person, name: str, data: object, path: str
) -> None:
    async with socketio_connected(server, ada) as client:
        refusal = await ask(client, event(name, data))
        assert refusal["ok"] is False
        assert refusal["errors"] == [{"path": path, "msg": refusal["error"]}]
        assert (await ask(client, saying("It goes on")))["ok"] is True


async def test_without_a_callback_an_error_arrives_as_an_event(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_connected(server, ada) as client:
        await client.socket.send('42["message",{"sessionId":"mine"}]')
        assert (await receive(client, "error"))["message"] == "content is missing"


async def test_session_ids_have_128_characters(server: ChatServer, ada: Person) -> None:
    session_id = "é" * 128
    async with socketio_connected(server, ada) as client:
        await ask(client, saying("Hello", session_id))
        assert (await receive(client))["sessionId"] == session_id


async def test_S1_logout_closes_the_sockets(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    other = await log_in(server, "ada")
    async with (
        socketio_connected(server, ada) as client,
        socketio_connected(server, other) as stays,
    ):
        await http.post("/api/auth/logout", headers=ada.headers)
        await client.end()
        assert (await ask(stays, saying("still here")))["ok"] is True
    async with stranger(server) as client:
        assert (await ask(client, event("connection", ada.token)))["code"] == "unauthenticated"


async def test_an_answer_that_fails_is_an_error_and_stays_readable(tmp_path: Path) -> None:
    responder = ScriptedResponder(slow=True)
    responder.send(FAIL)
    async with (
        make_core(tmp_path, responder=responder) as core,
        chat_server(core) as server,
        socketio_connected(server, await register(server, "ada")) as client,
    ):
        await ask(client, saying("Hello"))
        assert await receive(client, "error") == {
            "message": SOMETHING,
            "sessionId": "mine",
            "content": SOMETHING,
            "timestamp": A_TIME,
            "messageId": AN_ID,
        }


async def test_a_deleted_session_is_made_again_when_it_is_joined(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    async with socketio_connected(server, ada) as client:
        await ask(client, saying("Hello"))
        await receive(client)
        await http.delete("/api/sessions/mine", headers=ada.headers)
        assert (await ask(client, saying("Anybody?")))["code"] == "not_found"
        assert (await ask(client, event("join-session", "mine")))["ok"] is True
        await ask(client, saying("Hello again"))
        assert (await receive(client))["content"] == "Hello again"
    read = (await http.get("/api/sessions/mine/messages", headers=ada.headers)).json()
    assert [each["content"] for each in read["messages"]] == ["Hello again"] * 2
