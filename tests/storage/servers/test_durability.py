"""R1, R9: a database server that is killed or frozen under load."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.domain.messages import Message
from backchannel.ports.storage import Storage, Stored
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.servers import health
from tests.storage.killed_writer import kill_writers, require_kept
from tests.storage.people import AT, Pair, make_pair
from tests.support import mariadb, postgresql

pytestmark = [pytest.mark.service, pytest.mark.slow]

TIMEOUT = 120.0
WRITERS = 6


SERVERS = {"postgresql": postgresql, "mariadb": mariadb}
Instance = postgresql.Instance | mariadb.Instance


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Instance]:
    programs = SERVERS[request.param]
    if programs.binaries() is None:
        pytest.skip(f"no programs of {request.param} are installed")
    with programs.instance() as running:
        yield running


@pytest.fixture(autouse=True)
def patient() -> None:
    """Use the limits of the product: an outage must be noticed."""


async def until_stored(storage: Storage, pair: Pair, key: str) -> Stored:
    """Send a message until it is acknowledged, as a client does."""
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            (outcome,) = await storage.append([pair.draft(key, client_id=key)], at=AT)
        except Unavailable:
            assert time.monotonic() < until, "the database did not come back"
            await asyncio.sleep(0.05)
            continue
        assert isinstance(outcome, Stored)
        return outcome


async def until_read(storage: Storage, pair: Pair, *, after: int = 0) -> list[Message]:
    """Request a page until there is a response: an outage may be noticed after its end."""
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            return list(await storage.history(pair.id, limit=1_000_000, after=after))
        except Unavailable:
            assert time.monotonic() < until, "the database did not come back"
            await asyncio.sleep(0.05)


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
        await asyncio.wait_for(many.wait(), TIMEOUT)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    over.set()
    await asyncio.gather(*writers)
    stored = await until_read(storage, pair)
    while page := await until_read(storage, pair, after=stored[-1].seq):
        stored += page
    assert {each.client_id: each.seq for each in stored} == acknowledged
    assert max(Counter(each.client_id for each in stored).values()) == 1
    assert [each.seq for each in stored] == list(range(1, len(stored) + 1))
    await storage.close()


async def test_R1_nothing_acknowledged_is_lost_or_duplicated_by_a_kill(server: Instance) -> None:
    await kill_under_load(server, 3)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
async def test_R1_nothing_is_lost_by_a_hundred_kills(server: Instance) -> None:
    await kill_under_load(server, 100)


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.nightly)])
async def test_R1_killing_the_writing_process_loses_nothing_acknowledged(
    server: Instance, kills: int
) -> None:
    acknowledged = await kill_writers(server.url, kills)
    storage = await open_storage(server.url)
    await require_kept(storage, acknowledged)
    await storage.close()


async def test_R9_a_frozen_server_is_noticed_and_used_once_it_continues(server: Instance) -> None:
    storage = await open_storage(server.url)
    pair = await make_pair(storage)
    await until_stored(storage, pair, "before")
    server.signal_all(signal.SIGSTOP)
    with pytest.raises(Unavailable) as first:
        await asyncio.wait_for(storage.append([pair.draft("frozen")], at=AT), TIMEOUT)
    assert first.value.retry_after
    # Now the outage is known, and requests do not wait.
    for call in (storage.heads([pair.ada]), storage.check()):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(call, health.TIMEOUT)
    server.signal_all(signal.SIGCONT)
    await until_stored(storage, pair, "after")
    assert {each.body for each in await until_read(storage, pair)} >= {"before", "after"}
    await storage.close()


async def test_R9_requests_are_refused_while_the_database_is_down(server: Instance) -> None:
    storage = await open_storage(server.url)
    pair = await make_pair(storage)
    await until_stored(storage, pair, "before")
    await asyncio.to_thread(server.kill)
    for _ in range(3):
        with pytest.raises(Unavailable) as refusal:
            await asyncio.wait_for(storage.append([pair.draft("lost")], at=AT), TIMEOUT)
        assert refusal.value.retry_after
    await asyncio.to_thread(server.start)
    await until_stored(storage, pair, "after")
    assert [each.body for each in await until_read(storage, pair)] == ["before", "after"]
    await storage.close()
