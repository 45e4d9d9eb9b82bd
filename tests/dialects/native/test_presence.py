"""Typing and presence are shared only by users who have written to each other."""

import httpx
import pytest

from backchannel.chat.messages import draft, send
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import Shared
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import NATIVE
from tests.support.plain_socket import ClientSocket, Frame, Person


async def received(client: ClientSocket, *kinds: str) -> list[Frame]:
    """The frames of these kinds up to the answer to a `ping` sent now."""
    await client.send({"type": "ping"})
    frames: list[Frame] = []
    while (frame := await client.receive())["type"] != "pong":
        frames.append(frame)
    return [frame for frame in frames if frame["type"] in kinds]


async def send_message(server: ChatServer, sender: Person, to: Person) -> None:
    await send(server.core, draft(sender.id, to.id, "hello"))


@pytest.fixture(params=["a conversation", "a message"])
async def stranger(
    request: pytest.FixtureRequest, server: ChatServer, eve: Person, bob: Person
) -> Person:
    """A user whom Bob has never answered."""
    if request.param == "a message":
        await send_message(server, eve, bob)
    async with httpx.AsyncClient(base_url=server.address, headers=eve.headers) as http:
        (await http.post("/conversations", json={"receiver": bob.id})).raise_for_status()
    return eve


async def test_a_user_without_a_conversation_sees_no_presence(
    server: ChatServer, stranger: Person, bob: Person
) -> None:
    async with NATIVE.open(server, stranger) as client:
        async with NATIVE.open(server, bob):
            await client.send({"type": "watch", "user_ids": [bob.id], "ref": "w"})
            assert [each["type"] for each in await received(client, "presence", "done")] == ["done"]
        async with NATIVE.open(server, bob):
            assert await received(client, "presence") == []
            await send_message(server, bob, stranger)
            if not (await server.core.storage.acquainted(stranger.id, [bob.id], Shared.TYPING)):
                await send_message(server, stranger, bob)
            await client.send({"type": "watch", "user_ids": [bob.id]})
            assert [each["online"] for each in await received(client, "presence")] == [True]


async def test_a_user_without_a_conversation_cannot_send_typing(
    server: ChatServer, stranger: Person, bob: Person
) -> None:
    typing = {"type": "typing", "conversation_id": direct_conversation_id(stranger.id, bob.id)}
    async with NATIVE.open(server, stranger) as client, NATIVE.open(server, bob) as bobs:
        await client.send(typing)
        await received(client)
        assert await received(bobs, "typing") == []
        await send_message(server, bob, stranger)
        await send_message(server, stranger, bob)
        await client.send(typing)
        await received(client)
        assert len(await received(bobs, "typing")) == 1


async def test_S11_typing_in_another_users_conversation_is_refused(
    server: ChatServer, ada: Person, bob: Person, eve: Person
) -> None:
    await send_message(server, ada, bob)
    typing = {"type": "typing", "conversation_id": direct_conversation_id(ada.id, bob.id)}
    async with NATIVE.open(server, eve) as client:
        await client.send(typing)
        assert [each["code"] for each in await received(client, "error")] == ["not_found"]
