"""Files: uploaded by form or event, announced by `receiveFile`, read by the two members only."""

import json
from typing import Any

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import AN_ID, SOMETHING, Matching
from tests.support.plain_socket import Frame, Person
from tests.support.socketio_client import SocketIoClient, socketio_connected

NOTE = b"Half past eight, at the harbour.\n"
A_FILE_URL = Matching("A_FILE_URL", r"/v1/files/[0-9a-f-]{36}")


async def upload(
    http: httpx.AsyncClient, person: Person, content: bytes = NOTE, **fields: Any
) -> httpx.Response:
    files = {"file": ("note.txt", content, "text/plain")}
    return await http.post("/file/upload", data=fields, files=files, headers=person.headers)


async def next_file_message(client: SocketIoClient) -> tuple[Any, Any]:
    """The next message with a file, and the `receiveFile` after it."""
    frames: list[Frame] = []
    while not [each for each in frames if each["event"] == "receiveFile"]:
        frames.append(await client.receive())
    frames += await client.receive_all()
    message, file = [each for each in frames if each["event"].startswith("receive")]
    assert (message["event"], file["event"]) == ("receiveMessage", "receiveFile")
    assert message["data"]["media"] == [file["data"]]
    return message["data"], file["data"]


async def test_R20_a_file_for_a_receiver_makes_a_message(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    async with (
        socketio_connected(server, ada) as ada_client,
        socketio_connected(server, bob) as bob_client,
        socketio_connected(server, eve) as e,
    ):
        answer = await upload(http, ada, receiver_id=bob.id)
        assert answer.status_code == 201, answer.text
        file = answer.json()["data"]["file"]
        assert answer.json() == {
            "status": "success",
            "message": "File enqueued for processing",
            "data": {
                "file": {
                    "file_id": AN_ID,
                    "message_id": AN_ID,
                    "file_url": A_FILE_URL,
                    "file_name": "note.txt",
                    "file_type": "text/plain",
                    "file_size": len(NOTE),
                    "upload_status": "completed",
                }
            },
        }
        assert (await next_file_message(ada_client)) == (await next_file_message(bob_client))
        assert await e.receive_all() == []
    query = {"senderId": "ada", "receiverId": "bob"}
    history = await http.get("/message", params=query, headers=bob.headers)
    (message,) = history.json()["data"]["messages"]
    assert (message["content"], message["media"]) == ("", [file])
    for reader, status in ((ada, 200), (bob, 200), (eve, 404)):
        found = await http.get(file["file_url"], headers=reader.headers)
        assert found.status_code == status
        assert (found.content == NOTE) is (status == 200)


async def test_a_file_for_a_message_is_sent_as_a_reply(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    body = {"receiver_id": "bob", "content": "Where?"}
    sent = await http.post("/message/send", json=body, headers=ada.headers)
    message_id = sent.json()["message_id"]
    for person in (ada, bob):
        answer = await upload(http, person, message_id=message_id, content=b"There.\n")
        assert answer.status_code == 201, answer.text
    assert (await upload(http, eve, message_id=message_id)).status_code == 404
    query = {"senderId": "ada", "receiverId": "bob"}
    history = await http.get("/message", params=query, headers=ada.headers)
    messages = history.json()["data"]["messages"]
    assert [each["sender_id"] for each in messages] == [ada.id, ada.id, bob.id]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"receiver_id": "bob", "message_id": "x"}, 400),
        ({"receiver_id": "nobody"}, 404),
        ({"receiver_id": "ada"}, 400),
        ({"message_id": "nothing"}, 404),
        ({"receiver_id": "bob", "sender_id": "bob"}, 403),
    ],
    ids=str,
)
async def test_a_file_without_a_valid_receiver_is_refused(
    http: httpx.AsyncClient, ada: Person, bob: Person, fields: dict[str, Any], status: int
) -> None:
    answer = await upload(http, ada, **fields)
    assert answer.status_code == status
    assert (answer.json()["status"], answer.json()["message"]) == ("fail", SOMETHING)


async def test_an_upload_without_a_file_is_400(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    form = {"receiver_id": (None, "bob")}
    answer = await http.post("/file/upload", files=form, headers=ada.headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "file")
    assert (await upload(http, ada, content=b"", receiver_id="bob")).status_code == 400


async def test_a_request_without_a_token_is_401(http: httpx.AsyncClient) -> None:
    answer = await http.post("/file/upload", files={"file": ("note.txt", NOTE)})
    assert (answer.status_code, answer.json()["status"]) == (401, "fail")


async def send_file(client: SocketIoClient, attached: bytes, **fields: str) -> Any:
    """Emit `uploadFile` with an attachment; return the argument of the callback."""
    placeholder = {"_placeholder": True, "num": 0}
    data = {"file": placeholder, "file_name": "note.txt", "file_type": "text/plain", **fields}
    await client.socket.send(f"451-7{json.dumps(['uploadFile', data])}")
    await client.socket.send(attached)
    answer = await client.receive()
    assert answer["ack"] == 7
    return answer["data"]


async def test_a_small_file_comes_with_an_event(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as ada_client,
        socketio_connected(server, bob) as bob_client,
    ):
        answer = await send_file(ada_client, NOTE, receiver_id="bob", content="See here:")
        message, file = await next_file_message(bob_client)
        assert answer["data"]["file"] == file
        assert message["content"] == "See here:"
        assert await next_file_message(ada_client) == (message, file)
        refusal = await send_file(ada_client, NOTE, receiver_id="nobody")
        assert (refusal["status"], refusal["code"]) == ("fail", "not_found")
        assert (await send_file(ada_client, b"", receiver_id="bob"))["code"] == "invalid"
