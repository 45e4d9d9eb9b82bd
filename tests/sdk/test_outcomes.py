"""The outcome of a message is stored and announced, even while the client closes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backchannel_client import Draft, MessageRefused
from tests.sdk.device import Device, FakeSocket, SlowOutbox, ack, device, refusal


@asynccontextmanager
async def sent(store: SlowOutbox) -> AsyncGenerator[tuple[Device, FakeSocket]]:
    """A device that has sent a message, and whose store makes the next change wait."""
    async with device(outbox=store) as each:
        socket = await each.server.socket()
        socket.welcome(4)
        store.may_write.set()
        await each.client.send(Draft("grace", "Hi", client_id="k1"))
        await socket.sent_frames("send")
        store.hold()
        yield each, socket


async def test_a_message_waits_until_its_refusal_is_stored_and_announced() -> None:
    store = SlowOutbox()
    told: list[str] = []
    async with sent(store) as (each, socket):
        each.client.on(MessageRefused, lambda refused: told.append(refused.refusal.code))
        socket.push(refusal("k1", "blocked"))
        await store.asked.wait()
        assert [item.failed for item in each.client.outbox] == [None]
        leaving = asyncio.create_task(each.client.disconnect())
        await asyncio.sleep(0)
        store.may_write.set()
        await leaving
        assert [item.failed is None for item in each.client.outbox] == [False]
        assert [item.failed is None for item in await store.all()] == [False]
    assert told == ["blocked"]
    assert len(socket.of("send")) == 1


async def test_a_message_discarded_while_it_is_refused_is_gone() -> None:
    store = SlowOutbox()
    async with sent(store) as (each, socket):
        socket.push(refusal("k1", "blocked"))
        await store.asked.wait()
        discarding = asyncio.create_task(each.client.discard("k1"))
        await asyncio.sleep(0)
        store.may_write.set()
        await discarding
        await each.client.disconnect()
        assert each.client.outbox == ()
        assert await store.all() == []


async def test_closing_waits_until_acknowledged_messages_have_left_the_outbox() -> None:
    store = SlowOutbox()
    async with sent(store) as (each, socket):
        socket.push(ack("k1", 5))
        await store.asked.wait()
        leaving = asyncio.create_task(each.client.disconnect())
        await asyncio.sleep(0)
        assert each.client.outbox == ()
        store.may_write.set()
        await leaving
        assert await store.all() == []
