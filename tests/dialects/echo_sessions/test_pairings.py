"""This dialect shares users and tokens with all others, and sessions with the native one."""

import httpx
import pytest

from tests.dialects.echo_sessions.frames import ask, event, receive, saying
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL, NATIVE, ClientDialect
from tests.support.plain_socket import ClientSocket, Frame, Person
from tests.support.socketio_client import socketio_connected

JOHN = {"username": "johndoe", "email": "john@example.com", "password": "mist over the harbour"}

REGISTRATIONS = ["/register", "/auth/register", "/api/user/register", "/v1/register"]
BY_EMAIL = {key: JOHN[key] for key in ("email", "password")}
BY_NAME = {key: JOHN[key] for key in ("username", "password")}
LOGINS = {
    "/login": BY_NAME,
    "/auth/login": BY_EMAIL,
    "/api/user/login": BY_EMAIL,
    "/v1/login": {"identifier": "johndoe", "password": JOHN["password"]},
}


@pytest.fixture
async def john(http: httpx.AsyncClient) -> Person:
    """A user who has signed up here."""
    signed_up = (await http.post("/api/auth/signup", json=JOHN)).raise_for_status().json()
    return Person(signed_up["user"]["id"], "johndoe", signed_up["token"])


@pytest.mark.parametrize("path", LOGINS)
async def test_an_account_of_this_dialect_can_log_in_to_every_other(
    http: httpx.AsyncClient, john: Person, path: str
) -> None:
    answer = await http.post(path, json=LOGINS[path])
    assert answer.status_code in {200, 201}, answer.text


@pytest.mark.parametrize("path", REGISTRATIONS)
async def test_an_account_of_another_dialect_can_log_in_here(
    http: httpx.AsyncClient, path: str
) -> None:
    assert (await http.post(path, json=JOHN)).status_code == 201
    answer = await http.post("/api/auth/login", json=BY_EMAIL)
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    (session,) = (await http.get("/api/sessions", headers=headers)).json()["sessions"]
    assert session["name"] == "New session"


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_the_token_of_this_dialect_is_valid_on_every_socket(
    server: ChatServer, john: Person, bob: Person, theirs: ClientDialect
) -> None:
    async with theirs.open(server, john) as client, NATIVE.open(server, bob) as listener:
        await theirs.send(client, bob, "hello from johndoe")
        assert (await NATIVE.receive(listener))[1] == "hello from johndoe"


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_S11_messages_in_a_session_reach_no_other_dialect(
    server: ChatServer, ada: Person, bob: Person, theirs: ClientDialect
) -> None:
    async with (
        socketio_connected(server, ada) as client,
        theirs.open(server, bob) as stranger,
        theirs.open(server, ada) as own,
    ):
        await ask(client, saying("To the server only"))
        assert (await receive(client))["content"] == "To the server only"
        assert await theirs.receive_all(stranger) == []
        # Among the other dialects, only the native protocol has sessions.
        expected = ["To the server only"] * (2 if theirs is NATIVE else 0)
        assert [text for _, text in await theirs.receive_all(own, len(expected))] == expected


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_a_direct_message_is_no_message_of_a_session(
    server: ChatServer, ada: Person, bob: Person, theirs: ClientDialect
) -> None:
    async with socketio_connected(server, ada) as client, theirs.open(server, bob) as other:
        await ask(client, event("join-session", "mine"))
        await theirs.send(other, ada, "between us")
        events = {frame["event"] for frame in await client.receive_all(2)}
        assert events == {"chat message", "receiveMessage"}


async def test_a_session_of_this_dialect_continues_over_the_native_protocol(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_connected(server, ada) as client, NATIVE.open(server, ada) as native:
        await ask(client, saying("one"))
        await receive(client)
        received: list[Frame] = [await _message(native) for _ in range(2)]
        session = received[0]["conversation_id"]
        frame = {"type": "send", "client_id": "2", "conversation_id": session, "body": "two"}
        await native.send(frame)
        assert (await receive(client))["content"] == "two"
        assert [each["body"] for each in received] == ["one", "one"]


async def _message(native: ClientSocket) -> Frame:
    """The message of the next event that has one."""
    while (frame := await native.receive()).get("kind") != "message":
        pass
    message: Frame = frame["data"]
    return message
