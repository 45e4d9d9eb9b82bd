"""Fields and parameters may be spelt in both ways that clients of the document use."""

from typing import Any

import httpx
import pytest

from backchannel.dialects.queued_messages import wire
from backchannel.http.validation import convert
from tests.support.chat_server import ChatServer
from tests.support.matching import SOMETHING
from tests.support.plain_socket import PASSWORD, Person
from tests.support.socketio_client import socketio_connected

SNAKE = ("sender_id", "receiver_id", "client_id")
CAMEL = ("senderId", "receiverId", "clientId")


@pytest.mark.parametrize(("sender", "receiver", "key"), [SNAKE, CAMEL])
async def test_a_message_is_sent_and_read(
    http: httpx.AsyncClient, ada: Person, bob: Person, sender: str, receiver: str, key: str
) -> None:
    body = {sender: ada.id, receiver: bob.id, "content": "hello", key: "k1"}
    sent = await http.post("/message/send", json=body, headers=ada.headers)
    assert sent.status_code == 201, sent.text
    again = await http.post("/message/send", data=body, headers=ada.headers)
    assert again.json()["message_id"] == sent.json()["message_id"]
    for path in ("/message/messages", "/message"):
        query = {sender: ada.id, receiver: "bob"}
        read = await http.get(path, params=query, headers=bob.headers)
        assert [each["content"] for each in read.json()["data"]["messages"]] == ["hello"]


@pytest.mark.parametrize("receiver", ["receiver_id", "receiverId"])
async def test_a_file_is_uploaded(
    http: httpx.AsyncClient, ada: Person, bob: Person, receiver: str
) -> None:
    files = {"file": ("note.txt", b"hello", "text/plain")}
    sent = await http.post(
        "/file/upload", data={receiver: bob.id}, files=files, headers=ada.headers
    )
    assert sent.status_code == 201, sent.text
    message_id = sent.json()["data"]["file"]["message_id"]
    message = receiver.replace("receiver", "message")
    answer = await http.post(
        "/file/upload", data={message: message_id}, files=files, headers=bob.headers
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(("sender", "receiver", "key"), [SNAKE, CAMEL])
async def test_an_event_accepts_both_spellings(
    server: ChatServer, ada: Person, bob: Person, sender: str, receiver: str, key: str
) -> None:
    async with socketio_connected(server, ada) as client:
        data = {sender: ada.id, receiver: "bob", "content": "hello", key: "k1"}
        sent = [await client.ask({"event": "sendMessage", "data": data}) for _ in range(2)]
        acknowledged = [each["data"]["message_id"] for each in sent if "ack" in each]
        assert acknowledged[0] == SOMETHING


@pytest.mark.parametrize("names", [("file_name", "file_type"), ("fileName", "fileType")])
def test_a_file_in_an_event_accepts_both_spellings(names: tuple[str, str]) -> None:
    data = {"file": b"hello", names[0]: "note.txt", names[1]: "text/plain"}
    event = convert(data, wire.UploadEvent)
    assert (event.name, event.media_type) == ("note.txt", "text/plain")


@pytest.mark.parametrize("identifier", [{"email": "grace@example.com"}, {"username": "Grace"}])
async def test_login_by_address_or_name(
    http: httpx.AsyncClient, identifier: dict[str, str]
) -> None:
    account = {"username": "grace", "email": "grace@example.com", "password": PASSWORD}
    await http.post("/auth/register", json=account)
    answer = await http.post("/auth/login", json={**identifier, "password": PASSWORD})
    assert answer.json()["data"]["email"] == "grace@example.com"
    wrong = await http.post("/auth/login", json={**identifier, "password": "another password"})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid credentials")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/message/send", {"content": "x"}, "receiver_id"),
        (
            "/message/send",
            {"receiver_id": "bob", "receiverId": "ada", "content": "x"},
            "receiver_id",
        ),
        ("/auth/login", {"password": "x"}, "email"),
        ("/auth/login", {"password": "x", "email": "a@b.c", "username": "a"}, "email"),
    ],
)
async def test_missing_and_contradictory_fields_are_named(
    http: httpx.AsyncClient, ada: Person, bob: Person, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await http.post(path, json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    read = await http.get("/message", params={"sender_id": "ada"}, headers=ada.headers)
    assert (read.status_code, read.json()["field"]) == (400, "receiver_id")
