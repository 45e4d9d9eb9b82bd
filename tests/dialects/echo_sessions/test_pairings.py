"""What this dialect shares with all others: users, tokens and sessions, but no chats."""

import httpx
import pytest

from tests.dialects.echo_sessions.talking import ask, event, hear, saying
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Frame, Person, Talker
from tests.support.socketio_talker import socketio_talking
from tests.support.tongues import ALL, NATIVE, Tongue

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
    told = (await http.post("/api/auth/signup", json=JOHN)).raise_for_status().json()
    return Person(told["user"]["id"], "johndoe", told["token"])


@pytest.mark.parametrize("path", LOGINS)
async def test_who_signs_up_here_logs_in_everywhere(
    http: httpx.AsyncClient, john: Person, path: str
) -> None:
    answer = await http.post(path, json=LOGINS[path])
    assert answer.status_code in {200, 201}, answer.text


@pytest.mark.parametrize("path", REGISTRATIONS)
async def test_who_registers_elsewhere_logs_in_here(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path, json=JOHN)).status_code == 201
    answer = await http.post("/api/auth/login", json=BY_EMAIL)
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    (session,) = (await http.get("/api/sessions", headers=headers)).json()["sessions"]
    assert session["name"] == "New session"


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_the_token_of_this_dialect_opens_every_socket(
    server: ChatServer, john: Person, bob: Person, theirs: Tongue
) -> None:
    async with theirs.open(server, john) as talker, NATIVE.open(server, bob) as listener:
        await theirs.say(talker, bob, "hello from johndoe")
        assert (await NATIVE.hear(listener))[1] == "hello from johndoe"


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_S11_what_is_said_in_a_session_no_chat_hears(
    server: ChatServer, ada: Person, bob: Person, theirs: Tongue
) -> None:
    async with (
        socketio_talking(server, ada) as talker,
        theirs.open(server, bob) as stranger,
        theirs.open(server, ada) as own,
    ):
        await ask(talker, saying("To the server only"))
        assert (await hear(talker))["content"] == "To the server only"
        assert await theirs.all_heard(stranger) == []
        told = [text for _, text in await theirs.all_heard(own)]
        # The native protocol has words for sessions, the others have none.
        assert told == (["To the server only"] * 2 if theirs is NATIVE else [])


@pytest.mark.parametrize("theirs", ALL, ids=str)
async def test_a_direct_message_is_no_message_of_a_session(
    server: ChatServer, ada: Person, bob: Person, theirs: Tongue
) -> None:
    async with socketio_talking(server, ada) as talker, theirs.open(server, bob) as other:
        await ask(talker, event("join-session", "mine"))
        await theirs.say(other, ada, "between us")
        heard = {frame["event"] for frame in await talker.all_heard()}
        assert heard == {"chat message", "receiveMessage"}


async def test_a_session_that_is_begun_here_goes_on_in_the_native_protocol(
    server: ChatServer, ada: Person
) -> None:
    async with socketio_talking(server, ada) as talker, NATIVE.open(server, ada) as native:
        await ask(talker, saying("one"))
        await hear(talker)
        said: list[Frame] = [await _message(native) for _ in range(2)]
        session = said[0]["conversation_id"]
        frame = {"type": "send", "client_id": "2", "conversation_id": session, "body": "two"}
        await native.say(frame)
        assert (await hear(talker))["content"] == "two"
        assert [each["body"] for each in said] == ["one", "one"]


async def _message(native: Talker) -> Frame:
    """The message of the next event that has one."""
    while (frame := await native.hear()).get("kind") != "message":
        pass
    message: Frame = frame["data"]
    return message
