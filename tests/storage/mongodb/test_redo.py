"""R1: a batch is whole or not there, however large it is and wherever its process ends."""

import asyncio
import contextlib
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from backchannel.domain.errors import Unavailable
from backchannel.domain.messages import BODY_LIMIT
from backchannel.ports.storage import Storage, Stored
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.redo import PART_BYTES, Redo
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.openers import DATABASE
from tests.storage.people import AT, bodies, make_pair, make_user, send, whole_log
from tests.support import mongod

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

STEPS = ["_apply", "_note", "_run_all", "_run"]
"""Where a process may end after its batch is in the journal."""


@pytest.fixture
async def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    server = mongod.shared()
    server.empty_for(str(tmp_path_factory.mktemp("tenant")), DATABASE)
    return server.url(DATABASE)


def ending_at(step: str, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Let the process end at the call of that number of a step."""
    original: Any = getattr(Redo, step)
    left = times

    async def end(self: Redo, *arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left <= 0:
            raise AutoReconnect("as if killed")
        return await original(self, *arguments, **named)

    monkeypatch.setattr(Redo, step, end)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("step", STEPS)
async def test_R1_what_is_in_the_journal_is_applied_at_the_next_start(
    url: str, step: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    draft = pair.draft("in the journal", client_id="key")
    with monkeypatch.context() as killed:
        ending_at(step, killed, times=times)
        with contextlib.suppress(Unavailable):
            await storage.append([draft], at=AT)
        await storage.close()
    storage = await open_mongodb(url)
    assert await bodies(storage, pair.id) == ["before", "in the journal"]
    (again,) = await storage.append([draft], at=AT)
    assert isinstance(again, Stored)
    assert again.repeated
    for user_id in (pair.ada, pair.bob):
        assert [each.position for each in await whole_log(storage, user_id)] == [1, 2]
    await storage.close()


async def test_R1_a_batch_that_fails_leaves_no_command_under_way(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    original: Any = Redo._run
    began, ended = 0, 0

    async def run(self: Redo, *arguments: Any) -> None:
        nonlocal began, ended
        began += 1
        if began == 1:
            raise AutoReconnect("as if lost")
        await original(self, *arguments)
        ended += 1

    async def keep(_: Redo) -> int:
        raise AutoReconnect("still lost")

    with monkeypatch.context() as failing:
        failing.setattr(Redo, "_run", run)
        failing.setattr(Redo, "settle", keep)
        with pytest.raises(Unavailable):
            await storage.append([pair.draft("in the journal")], at=AT)
        assert began > 1
        assert ended == began - 1
        await storage.close()


async def test_R1_a_batch_may_be_larger_than_a_document(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    drafts = [pair.draft("é" * (BODY_LIMIT // 2)) for _ in range(2 * PART_BYTES // BODY_LIMIT + 9)]
    with monkeypatch.context() as killed:
        ending_at("_apply", killed, times=1)
        with pytest.raises(Unavailable):
            await storage.append(drafts, at=AT)
        await storage.close()
    storage = await open_mongodb(url)
    assert all(each.repeated for each in await send(storage, *drafts))
    with mongod.shared().client() as client:
        assert client[DATABASE]["backchannel.redo"].count_documents({"_id": {"$gt": ""}}) == 1
    await storage.close()


async def test_R2_R3_two_processes_share_one_database(url: str) -> None:
    one, other = await open_mongodb(url), await open_mongodb(url)
    pair = await make_pair(one)
    draft = pair.draft("once", client_id="key")

    async def write(storage: Storage, name: str) -> None:
        for number in range(12):
            await send(storage, pair.draft(f"{name} {number}"))
            await storage.append([draft], at=AT)

    await asyncio.gather(write(one, "one"), write(other, "other"))
    messages = await one.history(pair.id, limit=99)
    assert [each.seq for each in messages] == list(range(1, 26))
    for name in ("one", "other"):
        said = [each.body for each in messages if each.body.startswith(f"{name} ")]
        assert said == [f"{name} {number}" for number in range(12)]
    assert len(await whole_log(other, pair.bob)) == 25
    await one.close()
    await other.close()


async def test_S22_a_scrub_keeps_no_copy_of_the_last_batch(url: str) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("kanarienvogel"))
    with mongod.shared().client() as client:
        redo = client[DATABASE]["backchannel.redo"]

        def kept() -> bytes:
            head = redo.find_one({"_id": "head"})
            assert head is not None
            return bytes(head["payload"])

        assert b"kanarienvogel" in kept()
        await storage.scrub()
        assert b"kanarienvogel" not in kept()
    assert await make_user(storage)
    await storage.close()
