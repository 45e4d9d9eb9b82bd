"""R1: a batch is stored whole or not at all, whatever its size and wherever its process ends."""

import asyncio
import contextlib
from typing import Any

import bson
import pytest
from pymongo.errors import AutoReconnect

from backchannel.domain.errors import Unavailable
from backchannel.domain.messages import BODY_LIMIT
from backchannel.ports.storage import Storage, Stored
from backchannel.storage import CannotOpen
from backchannel.storage.mongodb import store
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.redo import PART_BYTES, Redo
from backchannel.storage.mongodb.storage import MongoStorage
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.people import AT, bodies, make_pair, make_user, send, whole_log
from tests.support import mongod
from tests.support.engines import ON_MONGODB

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

Document = dict[str, Any] | None

STEPS = ["_apply", "_note", "_run_all", "_run"]
"""The points after the batch is in the journal at which a process may end."""


@pytest.fixture
async def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    server = mongod.shared()
    server.empty_for(str(tmp_path_factory.mktemp("tenant")), ON_MONGODB)
    return server.url(ON_MONGODB)


def ending_at(step: str, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """End the process at this call of a step."""
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
async def test_R1_a_journaled_batch_is_applied_at_the_next_start(
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
        with pytest.raises(Unavailable, match="may have been stored"):
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
        assert client[ON_MONGODB]["backchannel.redo"].count_documents({"_id": {"$gt": ""}}) == 1
    await storage.close()


async def damaged(url: str, monkeypatch: pytest.MonkeyPatch, change: Document) -> MongoStorage:
    """A storage whose newest batch is in the journal, not applied, and damaged by `change`.

    The change None removes a part of the batch.
    """
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    drafts = [pair.draft("x" * BODY_LIMIT) for _ in range(PART_BYTES // BODY_LIMIT + 1)]
    # Until the test ends, since an attempt under way may have read the batch before the change.
    ending_at("_apply", monkeypatch, times=1)
    with mongod.shared().client() as client:
        redo = client[ON_MONGODB]["backchannel.redo"]
        async with asyncio.timeout(60):
            while not (parts := (redo.find_one({"_id": "head"}) or {})["parts"]):
                with pytest.raises(Unavailable):
                    await storage.append(drafts, at=AT)
                await asyncio.sleep(0.01)
        (part,) = parts
        if change is None:
            assert redo.delete_one({"_id": part}).deleted_count == 1
        else:
            assert redo.update_one({"_id": part}, {"$set": change}).modified_count == 1
    return storage


def repair() -> None:
    """Make the database usable for the other tests."""
    with mongod.shared().client() as client:
        whole = {"payload": bson.encode({}), "parts": []}
        client[ON_MONGODB]["backchannel.redo"].update_one({"_id": "head"}, {"$set": whole})


@pytest.mark.parametrize(
    "change",
    [None, {"payload": b"torn"}, {"payload": 5}],
    ids=["missing", "torn", "of another type"],
)
async def test_S23_a_damaged_batch_is_refused_with_the_way_out(
    url: str, change: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await damaged(url, monkeypatch, change)
    try:
        await storage.close()
        with pytest.raises(CannotOpen, match=r"are damaged: .* `backchannel mark-restored`"):
            await open_mongodb(url)
    finally:
        repair()


@pytest.mark.parametrize(
    "change",
    [
        {"number": "1"},
        {"parts": [5]},
        {"payload": b""},
        {"payload": bson.encode({"insert": {"backchannel.users": [5]}})},
        {"payload": bson.encode({"insert": {"backchannel.users": [{}]}})},
        {"payload": bson.encode({"insert": {"users": [{"_id": "a"}]}})},
        {"payload": bson.encode({"update": {"backchannel.users": [{"q": {}}]}})},
        {"payload": bson.encode({"delete": {"backchannel.users": [{"q": {}, "limit": 2}]}})},
        {"payload": bson.encode({"drop": {}})},
    ],
    ids=str,
)
async def test_S23_damage_at_any_level_is_refused_with_the_way_out(
    url: str, change: dict[str, Any]
) -> None:
    await (await open_mongodb(url)).close()
    with mongod.shared().client() as client:
        redo = client[ON_MONGODB]["backchannel.redo"]
        head = redo.find_one({"_id": "head"})
        assert head is not None
        redo.update_one({"_id": "head"}, {"$set": {"applied": -1, **change}})
        with pytest.raises(CannotOpen, match=r"are damaged: .* `backchannel mark-restored`"):
            await open_mongodb(url)
        redo.replace_one({"_id": "head"}, head)


async def test_S23_a_batch_that_is_damaged_while_the_server_runs_stops_it_with_one_line(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "PROBE_SECONDS", 0.01)
    storage = await damaged(url, monkeypatch, None)
    try:
        async with asyncio.timeout(60):
            while not warnings_in(caplog):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
        for _ in range(3):
            with pytest.raises(Unavailable, match="no longer uses its database"):
                await storage.check()
        assert len(warnings_in(caplog)) == 1
        await storage.close()
    finally:
        repair()


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings in the log about the damage."""
    return [each.message for each in caplog.records if "are damaged: parts" in each.message]


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
        stored = [each.body for each in messages if each.body.startswith(f"{name} ")]
        assert stored == [f"{name} {number}" for number in range(12)]
    assert len(await whole_log(other, pair.bob)) == 25
    await one.close()
    await other.close()


async def test_S22_a_scrub_removes_the_last_batch_from_the_redo_document(url: str) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("kanarienvogel"))
    with mongod.shared().client() as client:
        redo = client[ON_MONGODB]["backchannel.redo"]

        def checksummed() -> bytes:
            head = redo.find_one({"_id": "head"})
            assert head is not None
            return bytes(head["payload"])

        assert b"kanarienvogel" in checksummed()
        await storage.scrub()
        assert b"kanarienvogel" not in checksummed()
    assert await make_user(storage)
    await storage.close()
