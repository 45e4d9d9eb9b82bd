"""A block hides everything that either user does, until it is lifted."""

import asyncio

import httpx
import pytest

from backchannel.domain.conversations import Marks
from backchannel.domain.events import EventKind
from tests.dialects.blocks.conftest import Blocked, nothing_more
from tests.support.client_dialects import AUTO_ACK, NATIVE, ClientDialect
from tests.support.plain_socket import Frame


@pytest.mark.parametrize("reading", ["REST", "socket"])
async def test_a_block_hides_read_marks(
    pair: Blocked, adas: httpx.AsyncClient, reading: str
) -> None:
    before, marks = await pair.position(), await pair.seen()
    if reading == "REST":
        path = f"/v1/conversations/{pair.conversation_id}/read"
        assert (await adas.put(path, json={"seq": 6})).status_code == 204
    else:
        async with NATIVE.open(pair.server, pair.ada) as client:
            mark = {"type": "read", "conversation_id": pair.conversation_id, "seq": 6}
            await client.send(mark)
            await nothing_more(client)
    own = (await adas.get(f"/v1/conversations/{pair.conversation_id}")).json()
    assert (own["unread"], own["mine"]["read_seq"]) == (0, 6)
    assert (await pair.position(), await pair.seen()) == (before, marks)
    await pair.set(blocked=False)
    assert EventKind.RECEIPT in await pair.kinds(after=before)
    assert await pair.seen() == Marks(6, 6)


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_a_block_hides_delivered_marks_of_sockets(
    pair: Blocked, spoken: ClientDialect
) -> None:
    before, marks = await pair.position(), await pair.seen()
    storage = pair.server.core.storage
    async with spoken.open(pair.server, pair.ada) as client:
        for _ in range(3):
            await spoken.receive(client)
        async with asyncio.timeout(60):
            while not (await storage.log_state(pair.ada.id)).delivered_position:
                await pair.server.core.receipts.flush()
                await asyncio.sleep(0.01)
    assert (await pair.position(), await pair.seen()) == (before, marks)
    await pair.set(blocked=False)
    assert EventKind.RECEIPT in await pair.kinds(after=before)
    assert (await pair.seen()).delivered_seq == 6


async def test_a_block_hides_acknowledgements(pair: Blocked, adas: httpx.AsyncClient) -> None:
    before, marks = await pair.position(), await pair.seen()
    head = (await pair.server.core.storage.heads([pair.ada.id]))[pair.ada.id].position
    assert (await adas.post("/v1/sync/ack", json={"position": head})).status_code == 204
    assert (await pair.position(), await pair.seen()) == (before, marks)


async def test_a_block_hides_profile_changes(pair: Blocked, adas: httpx.AsyncClient) -> None:
    before = await pair.position()
    assert (await adas.patch("/v1/me", json={"display_name": "A new name"})).status_code == 200
    assert await pair.position() == before
    await pair.set(blocked=False)
    assert EventKind.PROFILE in await pair.kinds(after=before)


@pytest.mark.parametrize("name", ["join", "connection", "join-session"])
async def test_a_block_hides_other_events(pair: Blocked, name: str) -> None:
    before = await pair.position()
    rooms = AUTO_ACK[-1]
    async with rooms.open(pair.server, pair.ada) as client:
        data = {"join": pair.ada.id, "connection": pair.ada.token}.get(name, "a session")
        await client.ask({"event": name, "data": data})
    assert await pair.position() == before


async def test_a_block_hides_typing(pair: Blocked) -> None:
    async with (
        NATIVE.open(pair.server, pair.bob) as bobs,
        NATIVE.open(pair.server, pair.ada) as client,
    ):
        typing = {"type": "typing", "conversation_id": pair.conversation_id}
        await client.send(typing)
        await nothing_more(client)
        assert await nothing_more(bobs) == []
        await pair.set(blocked=False)
        await nothing_more(bobs)
        await client.send(typing)
        await nothing_more(client)
        assert [frame["type"] for frame in await nothing_more(bobs)] == ["typing"]


async def test_a_block_ends_a_watch_at_once_and_unblocking_begins_it_again(
    pair: Blocked,
) -> None:
    await pair.set(blocked=False)
    async with NATIVE.open(pair.server, pair.bob) as bobs:
        await bobs.send({"type": "watch", "user_ids": [pair.ada.id]})
        assert [each["type"] for each in await nothing_more(bobs)] == ["presence", "done"]
        await pair.set(blocked=True)
        await nothing_more(bobs)
        async with NATIVE.open(pair.server, pair.ada):
            assert await nothing_more(bobs) == []
        assert await nothing_more(bobs) == []
        await bobs.send({"type": "watch", "user_ids": [pair.ada.id]})
        assert [each["type"] for each in await nothing_more(bobs)] == ["done"]
        async with NATIVE.open(pair.server, pair.ada):
            assert await nothing_more(bobs) == []
            await pair.set(blocked=False)
            assert presence(await nothing_more(bobs)) == [True]
        assert presence(await nothing_more(bobs)) == [False]


def presence(frames: list[Frame]) -> list[bool]:
    """The presence that frames report."""
    return [frame["online"] for frame in frames if frame["type"] == "presence"]
