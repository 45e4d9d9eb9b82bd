"""Typing and presence are shared by people who have written to each other, and by nobody else."""

import httpx
import pytest

from backchannel.chat.send import draft, send
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.privacy import Shared
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Frame, Person, Talker
from tests.support.tongues import NATIVE


async def heard(talker: Talker, *kinds: str) -> list[Frame]:
    """The frames of these kinds up to the answer to a question asked now."""
    await talker.say({"type": "ping"})
    frames: list[Frame] = []
    while (frame := await talker.hear())["type"] != "pong":
        frames.append(frame)
    return [frame for frame in frames if frame["type"] in kinds]


async def say(server: ChatServer, sender: Person, to: Person) -> None:
    await send(server.core, draft(sender.id, to.id, "hello"))


@pytest.fixture(params=["a conversation", "a message"])
async def stranger(
    request: pytest.FixtureRequest, server: ChatServer, eve: Person, bob: Person
) -> Person:
    """A user whom Bob has never answered."""
    if request.param == "a message":
        await say(server, eve, bob)
    async with httpx.AsyncClient(base_url=server.address, headers=eve.headers) as http:
        (await http.post("/conversations", json={"receiver": bob.id})).raise_for_status()
    return eve


async def test_a_stranger_sees_no_presence(
    server: ChatServer, stranger: Person, bob: Person
) -> None:
    async with NATIVE.open(server, stranger) as talker:
        async with NATIVE.open(server, bob):
            await talker.say({"type": "watch", "user_ids": [bob.id], "ref": "w"})
            assert [each["type"] for each in await heard(talker, "presence", "done")] == ["done"]
        async with NATIVE.open(server, bob):
            assert await heard(talker, "presence") == []
            await say(server, bob, stranger)
            if not (await server.core.storage.acquainted(stranger.id, [bob.id], Shared.TYPING)):
                await say(server, stranger, bob)
            await talker.say({"type": "watch", "user_ids": [bob.id]})
            assert [each["online"] for each in await heard(talker, "presence")] == [True]


async def test_a_stranger_cannot_tell_of_typing(
    server: ChatServer, stranger: Person, bob: Person
) -> None:
    typing = {"type": "typing", "conversation_id": direct_conversation_id(stranger.id, bob.id)}
    async with NATIVE.open(server, stranger) as talker, NATIVE.open(server, bob) as bobs:
        await talker.say(typing)
        await heard(talker)
        assert await heard(bobs, "typing") == []
        await say(server, bob, stranger)
        await say(server, stranger, bob)
        await talker.say(typing)
        await heard(talker)
        assert len(await heard(bobs, "typing")) == 1


async def test_S11_typing_in_another_users_conversation_is_refused(
    server: ChatServer, ada: Person, bob: Person, eve: Person
) -> None:
    await say(server, ada, bob)
    typing = {"type": "typing", "conversation_id": direct_conversation_id(ada.id, bob.id)}
    async with NATIVE.open(server, eve) as talker:
        await talker.say(typing)
        assert [each["code"] for each in await heard(talker, "error")] == ["not_found"]
