"""The events of this dialect, word for word."""

from typing import Any

import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import AN_ID, SOMETHING
from tests.support.plain_socket import ClientSocket, Frame, Person
from tests.support.socketio_client import socketio_connected


def sending(**data: object) -> Frame:
    return {"event": "sendMessage", "data": data}


def received(frames: list[Frame]) -> list[Any]:
    return [frame["data"] for frame in frames if frame.get("event") == "receiveMessage"]


async def answer(client: ClientSocket, frame: Frame) -> Any:
    """The argument of an event's callback."""
    return (await client.ask(frame))["data"]


async def test_R1_the_callback_is_called_and_both_users_receive_the_message(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as phone,
        socketio_connected(server, ada) as laptop,
        socketio_connected(server, bob) as bob_client,
    ):
        acknowledgement = await answer(phone, sending(receiver_id=bob.id, content="hi"))
        assert acknowledgement == {
            "status": "success",
            "sequence_number": 1,
            "message_id": AN_ID,
            "message": "Message enqueued for processing",
        }
        (message,) = received(await bob_client.receive_all(1))
        assert (message["message_id"], message["content"]) == (acknowledgement["message_id"], "hi")
        for own in (phone, laptop):
            assert received(await own.receive_all(1)) == [message]


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({"receiver_id": "bob"}, "invalid", "content"),
        ({"content": "hi"}, "invalid", "receiver_id"),
        ({"receiver_id": "bob", "content": " "}, "invalid", "content"),
        ({"receiver_id": "ada", "content": "hi"}, "invalid", "receiver_id"),
        ({"receiver_id": "nobody", "content": "hi"}, "not_found", "receiver_id"),
        ({"sender_id": "bob", "receiver_id": "bob", "content": "hi"}, "forbidden", "sender_id"),
        (None, "invalid", None),
    ],
    ids=str,
)
async def test_errors_are_passed_to_the_callback_in_the_envelope(
    server: ChatServer, ada: Person, bob: Person, data: object, code: str, field: str | None
) -> None:
    async with socketio_connected(server, ada) as ada_client:
        refusal = await answer(ada_client, {"event": "sendMessage", "data": data})
        assert refusal["status"] == "fail"
        assert refusal["message"] == refusal["error"] == SOMETHING
        assert (refusal["code"], refusal.get("field")) == (code, field)


async def test_R2_a_repeated_client_id_is_stored_once(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as ada_client,
        socketio_connected(server, bob) as bob_client,
    ):
        frame = sending(receiver_id="bob", content="once", client_id="k1")
        first = await answer(ada_client, frame)
        await ada_client.receive_all(1)
        assert await answer(ada_client, frame) == first
        assert len(received(await bob_client.receive_all(1))) == 1
