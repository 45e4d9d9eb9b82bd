"""The events of this dialect, word for word."""

from typing import Any

import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import ClientSocket, Frame, Person
from tests.support.socketio_client import socketio_connected


def chat(**data: object) -> Frame:
    return {"event": "chat message", "data": data}


def of_this_dialect(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.get("event") == "chat message"]


async def answer(client: ClientSocket, frame: Frame) -> Any:
    """The argument of an event's callback."""
    return (await client.ask(frame))["data"]


async def test_the_callback_gets_the_stored_message(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as ada_client,
        socketio_connected(server, bob) as bob_client,
    ):
        data = {"sender": ada.id, "receiver": bob.id, "content": "hi"}
        message = {**data, "_id": AN_ID, "timestamp": A_TIME}
        assert await answer(ada_client, chat(**data)) == {"message": message}
        assert of_this_dialect(await bob_client.receive_all(2)) == [chat(**message)]
        assert await ada_client.receive_all() == []


@pytest.mark.parametrize("room", ["own id", "ada", "Ada"])
async def test_users_can_join_their_own_room(server: ChatServer, ada: Person, room: str) -> None:
    data = ada.id if room == "own id" else room
    async with socketio_connected(server, ada) as ada_client:
        for frame in (
            {"event": "join", "data": data},
            {"event": "message", "data": {"event": "join", "data": data}},
        ):
            assert await answer(ada_client, frame) == {"message": "Joined", "userId": ada.id}


async def test_S11_no_other_room_can_be_joined(
    server: ChatServer, ada: Person, bob: Person, eve: Person
) -> None:
    async with (
        socketio_connected(server, eve) as eve_client,
        socketio_connected(server, ada) as ada_client,
    ):
        for room in (bob.id, "bob", "nobody", ""):
            refusal = await answer(eve_client, {"event": "join", "data": room})
            assert refusal["code"] == "forbidden"
        await answer(ada_client, chat(receiver="bob", content="between us"))
        assert await eve_client.receive_all() == []


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({"event": "join", "data": None}, "data"),
        ({"event": "join", "data": {"userId": "x"}}, "data"),
        (chat(receiver="bob"), "content"),
        (chat(content="hi"), "receiver"),
        (chat(receiver="bob", content=""), "content"),
        (chat(receiver="bob", content=["hi"]), "content"),
        (chat(receiver="ada", content="to myself"), "receiver"),
        (chat(receiver="nobody", content="hi"), "receiver"),
        (chat(sender="bob", receiver="bob", content="forged"), "sender"),
        ({"event": "chat message", "data": None}, None),
        ({"event": "chat message", "data": "no JSON"}, None),
        ({"event": "message", "data": "no JSON"}, None),
        ({"event": "message", "data": {"event": "leave"}}, "event"),
        ({"event": "message", "data": {"event": 7}}, "event"),
    ],
    ids=str,
)
async def test_errors_are_passed_to_the_callback(
    server: ChatServer, ada: Person, bob: Person, frame: Frame, field: str | None
) -> None:
    async with socketio_connected(server, ada) as ada_client:
        refusal = await answer(ada_client, frame)
        assert refusal["message"] == refusal["error"] == SOMETHING
        assert refusal.get("field") == field


async def test_without_a_callback_errors_arrive_as_an_event(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_connected(server, ada) as ada_client:
        await ada_client.socket.send('42["chat message",{"receiver":"nobody","content":"hi"}]')
        refusal = await ada_client.receive()
        assert refusal["event"] == "error"
        assert refusal["data"]["message"] == "receiver is not a user"


async def test_R2_a_repeated_client_id_is_stored_once(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with (
        socketio_connected(server, ada) as ada_client,
        socketio_connected(server, bob) as bob_client,
    ):
        frame = chat(receiver="bob", content="once", clientId="k1")
        assert await answer(ada_client, frame) == await answer(ada_client, frame)
        assert len(of_this_dialect(await bob_client.receive_all(2))) == 1
