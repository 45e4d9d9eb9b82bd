"""The events of this dialect, word for word."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from backchannel.chat.core import Policy
from tests.dialects.echo_sessions.talking import ask, event, hear, saying
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import Person, enrol, log_in
from tests.support.responder import FAIL, ScriptedResponder
from tests.support.socketio_talker import SocketIoTalker, joined, opened, socketio_talking

UNKNOWN = {"ok": False, "success": False, "message": SOMETHING, "error": SOMETHING}


@asynccontextmanager
async def stranger(server: ChatServer) -> AsyncGenerator[SocketIoTalker]:
    """A client that has not said who it is."""
    async with opened(server) as socket:
        yield SocketIoTalker(socket, await joined(socket))


async def test_a_message_is_stored_and_answered(server: ChatServer, ada: Person) -> None:
    async with socketio_talking(server, ada) as talker:
        assert await ask(talker, event("join-session", "mine")) == {
            "ok": True,
            "sessionId": "mine",
        }
        stored = await ask(talker, saying("Hello, server!"))
        assert stored == {"ok": True, "sessionId": "mine", "messageId": AN_ID, "timestamp": A_TIME}
        echo = await hear(talker)
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
    said = {"sessionId": "mine", "content": "Hello, server!"}
    assert read == {
        "success": True,
        "session": {**session, "lastMessageAt": echo["timestamp"]},
        "messages": [
            {**said, "id": stored["messageId"], "sender": "user", "timestamp": A_TIME},
            {**said, "id": echo["messageId"], "sender": "server", "timestamp": A_TIME},
        ],
    }


async def test_who_is_it_by_an_event(server: ChatServer, ada: Person) -> None:
    async with stranger(server) as talker:
        assert (await ask(talker, saying("too early")))["ok"] is False
        assert (await ask(talker, event("connection", "a.b.c"))) == {
            **UNKNOWN,
            "code": "unauthenticated",
        }
        assert await ask(talker, event("connection", ada.token)) == {"ok": True, "userId": ada.id}
        assert (await ask(talker, saying("now")))["ok"] is True
        assert (await hear(talker))["content"] == "now"
    async with stranger(server) as talker:
        assert (await ask(talker, event("connection", f"Bearer {ada.token}")))["ok"] is True


async def test_a_socket_stays_its_users(server: ChatServer, ada: Person, bob: Person) -> None:
    async with socketio_talking(server, ada) as talker:
        assert (await ask(talker, event("connection", ada.token)))["ok"] is True
        assert (await ask(talker, event("connection", bob.token)))["ok"] is False
        await ask(talker, saying("still ada's"))
    async with httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http:
        assert (await http.get("/api/sessions")).json()["sessions"] == []


async def test_S18_who_says_nothing_is_sent_away(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.1)
    async with (
        make_core(tmp_path, policy=policy) as core,
        chat_server(core) as server,
        stranger(server) as talker,
    ):
        assert (await talker.end())[0] != 1006


async def test_the_answer_goes_to_the_users_sockets_in_that_session(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_talking(server, ada) as asking,
        socketio_talking(server, await log_in(server, "ada")) as there,
        socketio_talking(server, ada) as elsewhere,
        socketio_talking(server, bob) as stranger,
    ):
        await ask(there, event("join-session", "mine"))
        await ask(elsewhere, event("join-session", "other"))
        await ask(stranger, event("join-session", "mine"))
        await ask(asking, saying("Hello"))
        assert await hear(asking) == await hear(there)
        assert await elsewhere.all_heard() == await stranger.all_heard() == []


async def test_R2_a_repeated_client_id_is_stored_and_answered_once(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_talking(server, ada) as talker:
        first = await ask(talker, saying("once", clientId="1"))
        await hear(talker)
        assert await ask(talker, saying("once", clientId="1")) == first
        assert (await ask(talker, saying("not that", clientId="1")))["code"] == "client_id_reused"
        assert await talker.all_heard() == []


async def test_R4_answers_come_in_the_order_of_the_messages(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_talking(server, ada) as talker:
        await talker.say(*(saying(f"{number}", "new") for number in range(50)))
        heard = [(await hear(talker))["content"] for _ in range(50)]
        assert heard == [f"{number}" for number in range(50)]


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
async def test_what_is_not_understood(
    server: ChatServer, ada: Person, name: str, data: object, path: str
) -> None:
    async with socketio_talking(server, ada) as talker:
        told = await ask(talker, event(name, data))
        assert told["ok"] is False
        assert told["errors"] == [{"path": path, "msg": told["error"]}]
        assert (await ask(talker, saying("It goes on")))["ok"] is True


async def test_without_a_callback_an_error_is_an_event(server: ChatServer, ada: Person) -> None:
    async with socketio_talking(server, ada) as talker:
        await talker.socket.send('42["message",{"sessionId":"mine"}]')
        assert (await hear(talker, "error"))["message"] == "content is missing"


async def test_session_ids_have_128_characters(server: ChatServer, ada: Person) -> None:
    session_id = "é" * 128
    async with socketio_talking(server, ada) as talker:
        await ask(talker, saying("Hello", session_id))
        assert (await hear(talker))["sessionId"] == session_id


async def test_S1_logout_closes_the_sockets(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    other = await log_in(server, "ada")
    async with socketio_talking(server, ada) as talker, socketio_talking(server, other) as stays:
        await http.post("/api/auth/logout", headers=ada.headers)
        await talker.end()
        assert (await ask(stays, saying("still here")))["ok"] is True
    async with stranger(server) as talker:
        assert (await ask(talker, event("connection", ada.token)))["code"] == "unauthenticated"


async def test_an_answer_that_fails_is_an_error_and_stays_readable(tmp_path: Path) -> None:
    responder = ScriptedResponder(slow=True)
    responder.say(FAIL)
    async with (
        make_core(tmp_path, responder=responder) as core,
        chat_server(core) as server,
        socketio_talking(server, await enrol(server, "ada")) as talker,
    ):
        await ask(talker, saying("Hello"))
        assert await hear(talker, "error") == {
            "message": SOMETHING,
            "sessionId": "mine",
            "content": SOMETHING,
            "timestamp": A_TIME,
            "messageId": AN_ID,
        }


async def test_a_deleted_session_is_made_again_when_it_is_joined(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    async with socketio_talking(server, ada) as talker:
        await ask(talker, saying("Hello"))
        await hear(talker)
        await http.delete("/api/sessions/mine", headers=ada.headers)
        assert (await ask(talker, saying("Anybody?")))["code"] == "not_found"
        assert (await ask(talker, event("join-session", "mine")))["ok"] is True
        await ask(talker, saying("Hello again"))
        assert (await hear(talker))["content"] == "Hello again"
    read = (await http.get("/api/sessions/mine/messages", headers=ada.headers)).json()
    assert [each["content"] for each in read["messages"]] == ["Hello again"] * 2
