"""R1, R9: a PostgreSQL server that is killed or frozen under load."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage, Stored
from backchannel.storage.opening import open_storage
from tests.storage.people import AT, Pair, make_pair
from tests.support.postgresql import Instance, binaries, instance

pytestmark = [pytest.mark.service, pytest.mark.slow]

PATIENCE = 60.0
WRITERS = 6


@pytest.fixture
def server() -> Iterator[Instance]:
    if binaries() is None:
        pytest.skip("no programs of PostgreSQL's are installed")
    with instance() as running:
        yield running


async def until_stored(storage: Storage, pair: Pair, key: str) -> Stored:
    """Send a message until it is acknowledged, as a client does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            (outcome,) = await storage.append([pair.draft(key, client_id=key)], at=AT)
        except Unavailable:
            assert time.monotonic() < until, "the database did not come back"
            await asyncio.sleep(0.05)
            continue
        assert isinstance(outcome, Stored)
        return outcome


async def kill_under_load(server: Instance, times: int) -> None:
    storage = await open_storage(server.url)
    pair = await make_pair(storage)
    acknowledged: dict[str, int] = {}
    over, many = asyncio.Event(), asyncio.Event()

    async def write(writer: int) -> None:
        number = 0
        while not over.is_set():
            key = f"{writer}-{number}"
            acknowledged[key] = (await until_stored(storage, pair, key)).message.seq
            number += 1
            if number % 8 == 0:
                many.set()

    writers = [asyncio.create_task(write(writer)) for writer in range(WRITERS)]
    for _ in range(times):
        many.clear()
        await asyncio.wait_for(many.wait(), PATIENCE)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    over.set()
    await asyncio.gather(*writers)
    kept = await storage.history(pair.id, limit=1_000_000, after=0)
    while page := await storage.history(pair.id, limit=1_000_000, after=kept[-1].seq):
        kept += page
    assert {each.client_id: each.seq for each in kept} == acknowledged
    assert max(Counter(each.client_id for each in kept).values()) == 1
    assert [each.seq for each in kept] == list(range(1, len(kept) + 1))
    await storage.close()


async def test_R1_nothing_acknowledged_is_lost_or_doubled_by_a_kill(server: Instance) -> None:
    await kill_under_load(server, 3)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
async def test_R1_nothing_is_lost_by_a_hundred_kills(server: Instance) -> None:
    await kill_under_load(server, 100)


async def test_R9_a_frozen_server_is_noticed_and_used_again(server: Instance) -> None:
    storage = await open_storage(server.url)
    pair = await make_pair(storage)
    await until_stored(storage, pair, "before")
    server.signal_all(signal.SIGSTOP)
    with pytest.raises(Unavailable) as first:
        await asyncio.wait_for(storage.append([pair.draft("frozen")], at=AT), PATIENCE)
    assert first.value.retry_after
    # Now it is known, and nobody has to wait for it.
    for call in (storage.heads([pair.ada]), storage.check()):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(call, 1)
    server.signal_all(signal.SIGCONT)
    await until_stored(storage, pair, "after")
    assert {each.body for each in await storage.history(pair.id, limit=9)} >= {"before", "after"}
    await storage.close()


async def test_R9_requests_are_refused_while_the_server_is_gone(server: Instance) -> None:
    storage = await open_storage(server.url)
    pair = await make_pair(storage)
    await until_stored(storage, pair, "before")
    await asyncio.to_thread(server.kill)
    for _ in range(3):
        with pytest.raises(Unavailable) as refusal:
            await asyncio.wait_for(storage.append([pair.draft("lost")], at=AT), 10)
        assert refusal.value.retry_after
    await asyncio.to_thread(server.start)
    await until_stored(storage, pair, "after")
    assert [each.body for each in await storage.history(pair.id, limit=9)] == ["before", "after"]
    await storage.close()
