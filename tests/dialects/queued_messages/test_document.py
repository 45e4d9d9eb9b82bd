"""The document, from registration to a chat, by httpx and by npm's clients."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, A_TOKEN, AN_ID
from tests.support.node_client import node_client
from tests.support.plain_socket import PASSWORD, PATIENCE, Person

USER = {"username": "grace", "email": "grace@example.com", "password": PASSWORD}
ENQUEUED = "Message enqueued for processing"


def message(sender: Person, receiver: Person, content: str, number: int) -> dict[str, Any]:
    """A message that has just been sent."""
    return {
        "message_id": AN_ID,
        "sender_id": sender.id,
        "receiver_id": receiver.id,
        "content": content,
        "status": "sent",
        "sequence_number": number,
        "createdAt": A_TIME,
        "updatedAt": A_TIME,
        "media": [],
    }


async def test_register_and_log_in(http: httpx.AsyncClient) -> None:
    registered = await http.post("/auth/register", json=USER)
    assert registered.status_code == 201
    user = registered.json()["data"]["user"]
    assert registered.json() == {
        "status": "success",
        "data": {
            "user": {
                "id": user["id"],
                "user_id": AN_ID,
                "username": "grace",
                "email": "grace@example.com",
                "createdAt": A_TIME,
                "updatedAt": A_TIME,
            }
        },
    }
    credentials = {"email": USER["email"], "password": PASSWORD}
    logged_in = await http.post("/auth/login", json=credentials)
    assert logged_in.status_code == 200
    token = logged_in.json()["token"]
    assert logged_in.json() == {
        "status": "success",
        "token": A_TOKEN,
        "data": {"token": token, "email": "grace@example.com", "id": user["id"]},
    }


async def test_messages_are_sent_and_listed(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    for number in (1, 2, 3):
        body = {"sender_id": ada.id, "receiver_id": bob.id, "content": f"{number}"}
        answer = await http.post("/message/send", json=body, headers=ada.headers)
        assert answer.status_code == 201
        assert answer.json() == {
            "status": "success",
            "sequence_number": number,
            "message_id": AN_ID,
            "message": ENQUEUED,
        }
    query = {"senderId": ada.id, "receiverId": bob.id}
    expected = [message(ada, bob, f"{number}", number) for number in (3, 2, 1)]
    answer = await http.get("/message/messages", params=query, headers=ada.headers)
    assert answer.json() == {"status": "success", "data": {"messages": expected}}
    answer = await http.get("/message", params=query, headers=bob.headers)
    assert answer.json() == {"status": "success", "data": {"messages": expected[::-1]}}


@pytest.mark.service
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
@pytest.mark.parametrize("library", ["socket.io-client", "socket.io-client-3"])
async def test_R4_a_chat_over_socket_io(
    server: ChatServer, ada: Person, bob: Person, library: str, transports: str
) -> None:
    given: dict[str, Any] = {"library": library, "transports": transports.split(",")}
    async with (
        node_client(server.address, auth={"token": ada.token}, **given) as ada_client,
        node_client(server.address, auth={"token": bob.token}, **given) as bob_client,
    ):
        await ada_client.happens("connect")
        await bob_client.happens("connect")
        body = {"sender_id": ada.id, "receiver_id": bob.id, "content": "hello"}
        await ada_client.emit("sendMessage", body)
        expected = message(ada, bob, "hello", 1)
        assert await ada_client.event("receiveMessage") == expected
        assert await bob_client.event("receiveMessage") == expected
        for count in range(2, 102):
            await bob_client.emit("sendMessage", {"receiver_id": ada.id, "content": f"{count}"})
        received = [await ada_client.event("receiveMessage") for _ in range(100)]
        assert received == [message(bob, ada, f"{count}", count) for count in range(2, 102)]
        answer = await ada_client.ask("sendMessage", body)
        assert (answer["status"], answer["sequence_number"]) == ("success", 102)
        assert await bob_client.transport() == given["transports"][-1]


async def until_delivered(server: ChatServer, http: httpx.AsyncClient, sender: Person) -> None:
    """Wait until all messages to Bob count as delivered, which the client's next request shows."""
    query = {"senderId": sender.id, "receiverId": "bob"}
    status: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while status != {"delivered"}:
            await server.core.receipts.flush()
            answer = await http.get("/message", params=query, headers=sender.headers)
            status = {each["status"] for each in answer.json()["data"]["messages"]}


@pytest.mark.service
async def test_R8_a_message_to_an_offline_user_is_delivered_once(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    for content in ("one", "two"):
        body = {"receiver_id": bob.id, "content": content}
        await http.post("/message/send", json=body, headers=ada.headers)
    async with node_client(server.address, auth={"token": bob.token}) as late:
        assert [(await late.event("receiveMessage"))["content"] for _ in "12"] == ["one", "two"]
        await late.silent("receiveMessage")
        await until_delivered(server, http, ada)
    async with node_client(server.address, auth={"token": bob.token}) as again:
        await again.happens("connect")
        await again.silent("receiveMessage")
