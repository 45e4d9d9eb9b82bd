"""The document, from registration to a chat, by httpx and by npm's clients."""

import json
from typing import Any

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.node_client import node_client
from tests.support.plain_socket import Person

USER = {"username": "user", "email": "user@example.com", "password": "password of user"}
RECEIVE = "chat message"


def headers(person: Person) -> dict[str, str]:
    return {"access_token": person.token}


async def test_register_and_log_in(http: httpx.AsyncClient) -> None:
    registered = await http.post("/api/user/register", json=USER)
    assert registered.status_code == 201
    assert registered.json() == {
        "message": "User register Successfully",
        "messsage": "User register Successfully",
        "user": {"username": "user", "email": "user@example.com", "_id": AN_ID},
    }
    credentials = {"email": USER["email"], "password": USER["password"]}
    logged_in = await http.post("/api/user/login", json=credentials)
    assert logged_in.status_code == 200
    assert logged_in.json() == {
        "message": "Login successfully",
        "token": SOMETHING,
        "userId": registered.json()["user"]["_id"],
    }


async def test_messages_are_sent_and_listed_over_rest(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    sent = []
    for person, other, content in ((ada, bob, "one"), (bob, ada, "two"), (ada, bob, "three")):
        body = {"sender": person.id, "receiver": other.id, "content": content}
        answer = await http.post("/api/chat/send", json=body, headers=headers(person))
        assert answer.status_code == 201
        message = {**body, "_id": AN_ID, "timestamp": A_TIME}
        assert answer.json() == {"message": message}
        sent.append(answer.json()["message"])
    for path in (f"/{ada.id}", f"/{ada.id}/{bob.id}", f"/{bob.id}/{ada.id}", "/ada", "/Bob/ada"):
        answer = await http.get(f"/api/chat/messages{path}", headers=headers(ada))
        assert answer.json() == sent[::-1], path


@pytest.mark.service
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
@pytest.mark.parametrize("library", ["socket.io-client", "socket.io-client-3"])
async def test_R4_a_chat_over_socket_io(
    server: ChatServer, ada: Person, bob: Person, library: str, transports: str
) -> None:
    given: dict[str, Any] = {"library": library, "transports": transports.split(",")}
    async with (
        node_client(server.address, extraHeaders=headers(ada), **given) as ada_client,
        node_client(server.address, extraHeaders=headers(bob), **given) as bob_client,
    ):
        await ada_client.happens("connect")
        await bob_client.happens("connect")
        await ada_client.emit("join", ada.id)
        await bob_client.emit("message", {"event": "join", "data": bob.id})
        chat = {"sender": ada.id, "receiver": bob.id, "content": "content"}
        envelope = {"event": RECEIVE, "data": chat}
        ways = [(RECEIVE, chat), ("message", envelope), ("message", json.dumps(envelope))]
        for event in ways:
            await ada_client.emit(*event)
            assert await bob_client.event(RECEIVE) == {**chat, "_id": AN_ID, "timestamp": A_TIME}
        for count in range(100):
            await bob_client.emit(
                RECEIVE, {"sender": bob.id, "receiver": ada.id, "content": f"{count}"}
            )
        received = [(await ada_client.event(RECEIVE))["content"] for _ in range(100)]
        assert received == [f"{count}" for count in range(100)]
        await bob_client.silent(RECEIVE, "error")
        assert await ada_client.transport() == given["transports"][-1]


@pytest.mark.service
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"access_token": "nonsense"}, "Authentication error"),
        ({"access_token": ""}, "error"),
        ({"authorization": "Bearer a.b.c"}, "Authentication error"),
    ],
)
async def test_a_handshake_without_a_valid_token_is_refused(
    server: ChatServer, given: dict[str, str], message: str
) -> None:
    async with node_client(server.address, extraHeaders=given) as client:
        assert (await client.happens("connect_error"))[0] == message
