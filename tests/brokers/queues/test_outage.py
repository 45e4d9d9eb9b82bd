"""Each queue on a real broker that freezes, or whose confirmations are lost (rules R1, R4, R8)."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from backchannel.brokers.queues import shared
from backchannel.brokers.queues.shared import SharedQueue
from tests.brokers.queues.conftest import ProxiedBroker
from tests.brokers.queues.consumers import FAR, collector, consuming, is_confirmed, until

pytestmark = [pytest.mark.service]

LOAD_SECONDS = 3.0
OUTAGE_SECONDS = 20.0


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "CONFIRM_SECONDS", 1.0)


async def put_until_confirmed(queue: SharedQueue, entry: bytes, key: str = "a") -> None:
    """Put an entry again until it is confirmed, as a client does."""
    async with asyncio.timeout(2 * FAR):
        while not await is_confirmed(queue, entry, key):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)


async def test_R1_R8_a_frozen_broker_confirms_nothing_and_loses_nothing(
    broker: ProxiedBroker,
) -> None:
    queue = await broker.join()
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await put_until_confirmed(queue, b"0")
        broker.proxy.hold()
        broker.proxy.hold_answers()
        assert not await is_confirmed(queue, b"1")
        broker.proxy.release()
        for entry in (b"1", b"2"):
            await put_until_confirmed(queue, entry)
        await until(lambda: b"2" in handled)
    assert_each_in_order(handled, 3)


async def test_R1_R8_a_lost_confirmation_loses_nothing(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await put_until_confirmed(queue, b"0")
        await until(lambda: bool(handled))
        broker.proxy.answers = 0
        assert not await is_confirmed(queue, b"1")
        async with asyncio.timeout(FAR):
            await broker.proxy.exhausted.wait()  # the broker has it nevertheless
        broker.proxy.cut()
        broker.proxy.release()
        for entry in (b"1", b"2"):
            await put_until_confirmed(queue, entry)
        await until(lambda: b"2" in handled)
    assert_each_in_order(handled, 3)
    assert handled.count(b"1") >= 2, "no confirmation was lost, as the broker has no entry"


def assert_each_in_order(handled: list[bytes], count: int) -> None:
    """Assert that all numbers below `count` were handled, in order.

    A number may come again later: storing it again changes nothing.
    """
    assert list(dict.fromkeys(map(int, handled))) == list(range(count))


@asynccontextmanager
async def loaded(queue: SharedQueue, key: str, sent: list[int]) -> AsyncGenerator[None]:
    """Put numbers with a key, each until it is confirmed, for the duration of the block."""
    ending = asyncio.Event()

    async def put() -> None:
        for number in itertools.count():
            if ending.is_set():
                return
            await put_until_confirmed(queue, f"{key} {number}".encode(), key)
            sent.append(number)
            await asyncio.sleep(0.01)

    putting = asyncio.create_task(put())
    try:
        yield
    finally:
        ending.set()
        await putting


@pytest.mark.nightly
@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "gone"])
async def test_R1_R4_R8_sustained_load_with_an_outage(
    broker: ProxiedBroker, *, frozen: bool
) -> None:
    here, there = await broker.join(), await broker.join()
    handled: list[bytes] = []
    sent: dict[str, list[int]] = {"a": [], "b": []}
    async with consuming(here, collector(handled)), consuming(there, collector(handled)):
        async with loaded(here, "a", sent["a"]), loaded(there, "b", sent["b"]):
            await asyncio.sleep(LOAD_SECONDS)
            if frozen:
                broker.proxy.hold()
                broker.proxy.hold_answers()
            else:
                broker.proxy.refusing = True
                broker.proxy.cut()
            await asyncio.sleep(OUTAGE_SECONDS)
            before = [len(each) for each in sent.values()]
            broker.proxy.refusing = False
            broker.proxy.release()
            await asyncio.sleep(LOAD_SECONDS)
        for key, numbers in sent.items():
            last = f"{key} {numbers[-1]}".encode()
            await until(lambda: last in handled)  # noqa: B023 - awaited at once
    for (key, numbers), number in zip(sent.items(), before, strict=True):
        assert len(numbers) > number, "nothing was confirmed after the outage"
        prefix = f"{key} ".encode()
        of_key = [each.removeprefix(prefix) for each in handled if each.startswith(prefix)]
        assert_each_in_order(of_key, len(numbers))
