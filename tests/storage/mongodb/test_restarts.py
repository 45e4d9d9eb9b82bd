"""R1: a server that is restarted between two commands of a batch has all of the batch."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, PyMongoError

from backchannel.domain.errors import Unavailable
from backchannel.domain.messages import BODY_LIMIT
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.redo import PART_BYTES, Redo
from backchannel.storage.mongodb.storage import MongoStorage
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS, NAME, TIMEOUT, until_there
from tests.storage.people import Pair, bodies, make_pair, send, whole_log
from tests.support.mongod import Mongod

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

SELDOM = ("--journalCommitInterval", "500")
"""What does not ask for the journal is in it after half a second only."""


@pytest.fixture(autouse=True)
def patient() -> None:
    """Use the limits of the product: an outage must be noticed."""


@pytest.fixture(params=[False, True], ids=["one server", "replica set"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mongod]:
    running = Mongod(tmp_path, *SELDOM, replicated=request.param)
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def restart(server: Mongod, database: Database) -> None:
    """Kill the server, start it, and return once the driver has found it again."""
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            await database.command("ping")
        except PyMongoError:
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def restarting(server: Mongod, step: str, *, times: int) -> Iterator[None]:
    """Restart the server before this call of a step."""
    original: Any = getattr(Redo, step)
    calls = 0

    async def run(self: Redo, *arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == times:
            await restart(server, self._database)
        return await original(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Redo, step, run)
        yield
    assert calls >= times


@contextlib.contextmanager
def failing(step: str) -> Iterator[None]:
    """Make the first call of a step fail, as if the connection were lost."""
    original: Any = getattr(Redo, step)
    calls = 0

    async def run(self: Redo, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise AutoReconnect("as if lost")
        return await original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Redo, step, run)
        yield
    assert calls


@contextlib.contextmanager
def dead_after_first(step: str) -> Iterator[None]:
    """Make all calls of a step but the first fail, as if the process had died."""
    original: Any = getattr(Redo, step)
    calls = 0

    async def run(self: Redo, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise AutoReconnect("as if killed")
        return await original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Redo, step, run)
        yield
    assert calls > 1


async def require_bodies(storage: MongoStorage, pair: Pair, sent: list[str]) -> None:
    """Each message is there once, and once in both logs."""
    assert await until_there(lambda: bodies(storage, pair.id)) == sent
    for user_id in (pair.ada, pair.bob):
        log = await until_there(partial(whole_log, storage, user_id))
        assert [each.position for each in log] == list(range(1, len(sent) + 1))


async def test_R1_a_batch_is_whole_on_a_server_that_was_restarted_within_it(
    server: Mongod,
) -> None:
    storage = await open_mongodb(server.url(NAME))
    pair = await make_pair(storage)
    sent: list[str] = []
    # Before the counts, before the deletions, and before the batch is marked as applied.
    for step, times in (("_run_all", 2), ("_run_all", 3), ("_note", 1)):
        sent.append(f"{step} {times}")
        with restarting(server, step, times=times):
            await send(storage, pair.draft(sent[-1]))
        await require_bodies(storage, pair, sent)
    sent.append("applied again")
    with failing("_apply"), restarting(server, "_run_all", times=2):
        with pytest.raises(Unavailable):
            await send(storage, pair.draft(sent[-1]))
        await until_there(storage.check)
    await require_bodies(storage, pair, sent)
    await storage.close()


async def test_R4_a_batch_is_whole_if_its_process_died_after_the_server_was_restarted(
    server: Mongod,
) -> None:
    storage = await open_mongodb(server.url(NAME))
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    with restarting(server, "_note", times=1), dead_after_first("_apply"):
        with contextlib.suppress(Unavailable):
            await send(storage, pair.draft("in the journal"))
        await storage.close()
    storage = await open_mongodb(server.url(NAME))
    await require_bodies(storage, pair, ["before", "in the journal"])
    await storage.close()


async def test_R1_a_large_batch_is_whole_after_a_restart_while_it_is_journaled(
    server: Mongod,
) -> None:
    storage = await open_mongodb(server.url(NAME))
    pair = await make_pair(storage)
    drafts = [pair.draft("x" * BODY_LIMIT) for _ in range(PART_BYTES // BODY_LIMIT + 1)]
    original = Redo._store_parts

    async def store(self: Redo, number: int, parts: Sequence[bytes]) -> list[str]:
        names = await original(self, number, parts)
        assert names
        await restart(server, self._database)
        return names

    with pytest.MonkeyPatch.context() as patch, failing("_apply"):
        patch.setattr(Redo, "_store_parts", store)
        with pytest.raises(Unavailable):
            await send(storage, *drafts)
        await until_there(storage.check)
    assert all(each.repeated for each in await until_there(lambda: send(storage, *drafts)))
    await storage.close()


async def test_R1_a_large_batch_is_whole_after_a_restart_before_its_parts_are_deleted(
    server: Mongod,
) -> None:
    storage = await open_mongodb(server.url(NAME))
    pair = await make_pair(storage)
    drafts = [pair.draft("x" * BODY_LIMIT) for _ in range(PART_BYTES // BODY_LIMIT + 1)]
    with restarting(server, "_forget_parts", times=1):
        await send(storage, *drafts)
    assert all(each.repeated for each in await until_there(lambda: send(storage, *drafts)))
    await storage.close()
