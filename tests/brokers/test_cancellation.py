"""A driver that cancels an awaited future means a broken connection, not a cancelled task.

A driver may also swallow the cancellation of the task that has called it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from backchannel.brokers import drivers
from backchannel.brokers.link import Link
from backchannel.brokers.queues import shared
from backchannel.brokers.queues.shared import SharedQueue
from backchannel.domain.errors import Unavailable

FAR = 60.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(FAR):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


class Driver:
    """A channel for a queue and a bus, whose calls wait until the driver cancels them."""

    def __init__(self) -> None:
        self.waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def put(self, *_: object) -> None:
        await self.waiting

    async def ended(self) -> None:
        await self.waiting

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Accept any topics."""

    async def publish(self, *_: object) -> None:
        await self.waiting

    async def listen(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close nothing."""

    def abort(self) -> None:
        """Close nothing."""


class Stubborn(Driver):
    """Swallows the first cancellation of a call, and goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.called = asyncio.Event()

    async def publish(self, *_: object) -> None:
        self.called.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self.waiting

    async def consume(self, *_: object) -> None:
        await self.publish()
        await asyncio.Event().wait()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Driver]:
    monkeypatch.setattr(shared, "PAUSE_SECONDS", 0.01)
    return []


async def test_R15_a_queue_connects_again_and_answers_the_sender(opened: list[Driver]) -> None:
    async def connect() -> Any:
        opened.append(Driver())
        return opened[-1]

    queue = SharedQueue(connect, b"secret")
    await queue.open()
    putting = asyncio.create_task(queue.put("a", b"entry", user_id="ada"))
    await asyncio.sleep(0)
    opened[0].waiting.cancel()
    with pytest.raises(Unavailable):
        await putting
    await until(lambda: len(opened) == 2)
    putting = asyncio.create_task(queue.put("a", b"entry", user_id="ada"))
    await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await queue.close()


async def test_R15_a_bus_connects_again(opened: list[Driver]) -> None:
    async def connect(_: object) -> Any:
        opened.append(Driver())
        return opened[-1]

    link = Link(connect, lambda *_: None, lambda *, dropped: None, lambda _: None)  # noqa: ARG005
    await link.open()
    link.publish("topic", b"payload")
    await asyncio.sleep(0.01)
    opened[0].waiting.cancel()
    await until(lambda: len(opened) == 2)
    await link.close()


async def test_R12_a_bus_ends_although_its_driver_swallows_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drivers, "CANCEL_SECONDS", 0.01)
    driver = Stubborn()

    async def connect(_: object) -> Any:
        return driver

    link = Link(connect, lambda *_: None, lambda *, dropped: None, lambda _: None)  # noqa: ARG005
    await link.open()
    link.publish("topic", b"payload")
    async with asyncio.timeout(FAR):
        await driver.called.wait()
        await link.close()


async def test_R12_a_queue_ends_although_its_driver_swallows_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drivers, "CANCEL_SECONDS", 0.01)
    driver = Stubborn()

    async def connect() -> Any:
        return driver

    async def handle(_: bytes) -> None:
        raise AssertionError("there is no entry")

    queue = SharedQueue(connect, b"secret")
    await queue.open()
    consuming = asyncio.create_task(queue.consume(handle))
    async with asyncio.timeout(FAR):
        await driver.called.wait()
        await queue.close()
        consuming.cancel()
        await asyncio.wait([consuming])
