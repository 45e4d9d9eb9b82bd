"""No connection to a broker stays open, at whatever point opening or closing one is cut short."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

import pytest

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.opening import LARGEST_RECORD, open_bus
from backchannel.brokers.queues.opening import open_queue
from backchannel.brokers.queues.shared import SharedQueue
from tests.brokers.conftest import BROKERS, patiently, proxied
from tests.brokers.connections import FAR, all_closed, open_connections
from tests.brokers.proxy import Proxy

pytestmark = [pytest.mark.service]

QUEUES = ("redis", "nats", "rabbitmq", "kafka")
STEPS = (*range(8), *range(8, 40, 3), 10_000)
"""Pieces of answers after which the broker is silent; with the last it answers everything."""
PATIENCE = 0.3
TURNS = 20
"""Turns of the event loop after which what was closed is closed."""


class Opening(NamedTuple):
    """A way to open a bus or a queue, through a proxy."""

    open: Callable[[], Awaitable[Any]]
    proxy: Proxy


@pytest.fixture(
    params=[
        *(("bus", each) for each in [*BROKERS, "kafka"]),
        *(("queue", each) for each in QUEUES),
    ],
    ids=" ".join,
)
async def opening(request: pytest.FixtureRequest) -> AsyncGenerator[Opening]:
    kind, name = request.param
    key = secrets.token_bytes(32)
    function = open_bus if kind == "bus" else open_queue
    async with AsyncExitStack() as opened:
        proxy, url = await proxied(opened, name)

        async def open_() -> Any:
            return await function(url, key=key)

        first = await patiently(name, open_)  # creates the entities at the broker
        if kind == "queue":
            opened.push_async_callback(_remove, name, open_)
        await first.close()
        await all_closed(proxy.port)
        yield Opening(open_, proxy)
        proxy.release()


async def _remove(name: str, open_: Callable[[], Awaitable[Any]]) -> None:
    queue = await patiently(name, open_)
    await queue._channel.remove()
    await queue.close()


@asynccontextmanager
async def answering(proxy: Proxy, pieces: int) -> AsyncGenerator[None]:
    """Forward only this number of pieces of the broker's answers."""
    proxy.answers = pieces
    try:
        yield
    finally:
        proxy.release()
        proxy.cut()


async def until_silent(task: asyncio.Task[Any], proxy: Proxy) -> bool:
    """Wait until the broker is silent; return False if opening finished before that."""
    silent = asyncio.create_task(proxy.exhausted.wait())
    await asyncio.wait((task, silent), return_when=asyncio.FIRST_COMPLETED, timeout=FAR)
    silent.cancel()
    assert task.done() or proxy.exhausted.is_set()
    return not task.done()


async def assert_closed(proxy: Proxy, after: str) -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert open_connections(proxy.port) == 0, after


async def close_what_opened(task: asyncio.Task[Any]) -> None:
    """Close the bus or queue that a task has opened, if it has."""
    with contextlib.suppress(CannotConnect, asyncio.CancelledError):
        await (await task).close()


async def test_a_cancelled_opening_leaves_no_connection(opening: Opening) -> None:
    cancelled = 0
    for pieces in STEPS:
        async with answering(opening.proxy, pieces):
            task = asyncio.ensure_future(opening.open())
            silent = await until_silent(task, opening.proxy)
            for _ in range(pieces % 4):
                await asyncio.sleep(0)
            task.cancel()
            await close_what_opened(task)
            cancelled += task.cancelled()
            await assert_closed(opening.proxy, f"cancelled after {pieces} pieces")
        if not silent:  # it was open by then
            break
    assert cancelled > 1


async def test_a_broker_that_cuts_connections_leaves_none(opening: Opening) -> None:
    for pieces in STEPS[::3]:
        async with answering(opening.proxy, pieces):
            task = asyncio.ensure_future(opening.open())
            silent = await until_silent(task, opening.proxy)
            opening.proxy.refusing = True
            opening.proxy.cut()
            await asyncio.wait([task], timeout=PATIENCE)  # a driver may try for longer
            task.cancel()
            await close_what_opened(task)
            opening.proxy.refusing = False
            await assert_closed(opening.proxy, f"cut after {pieces} pieces")
        if not silent:
            break


async def test_a_broker_that_resets_connections_cannot_be_connected_to(opening: Opening) -> None:
    """A load balancer without a server does that."""
    opening.proxy.refusing = True
    try:
        with pytest.raises(CannotConnect):
            await opening.open()
    finally:
        opening.proxy.refusing = False
    await all_closed(opening.proxy.port)


async def test_a_cancelled_closing_leaves_no_connection_to_a_silent_broker(
    opening: Opening,
) -> None:
    opened = await opening.open()
    opening.proxy.hold()
    opening.proxy.hold_answers()
    payload = bytes(LARGEST_RECORD // 2)
    putting: list[asyncio.Task[None]] = []
    for number in range(12):  # more than the kernel buffers
        if isinstance(opened, SharedQueue):
            putting.append(asyncio.create_task(opened.put(str(number), payload, user_id="ada")))
        else:
            opened._link.publish("all", payload[: opened._largest // 2])
    for _ in range(TURNS):
        await asyncio.sleep(0)
    closing = asyncio.create_task(opened.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    await all_closed(opening.proxy.port)
    for each in putting:
        each.cancel()
    await asyncio.gather(*putting, return_exceptions=True)
