"""R1: a process that is late to apply a batch changes nothing that others have stored since.

Another process has applied the batch meanwhile, as it would for a process that was killed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from backchannel.storage.mongodb import link, redo
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.migrating import migrate
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.staging import Statements
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.support import mongod

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

COLLECTIONS = ("backchannel.log", "backchannel.conversations")
"""One that is written early, and one that counts."""

Document = Mapping[str, Any]


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database with a first batch, whose documents later batches change."""
    client, opened = link.connect(mongod.shared().url("late"))
    await migrate(opened)
    assert await Redo(opened).commit(1, batch(1, insert=["changed", "replaced", "deleted"]))
    yield opened
    await client.drop_database(opened)
    await client.close()


def batch(
    number: int,
    *,
    insert: Sequence[str] = (),
    update: Sequence[str] = (),
    replace: Sequence[str] = (),
    delete: Sequence[str] = (),
) -> Statements:
    """The statements of a batch, as `Staging` makes them, for documents in both collections."""
    earlier = {"batch": {"$lt": number}}
    statements: dict[str, list[Document]] = {
        "insert": [{"_id": each, "batch": number} for each in insert],
        "update": [
            *({"q": {"_id": each, **earlier}, "u": {"$set": {"batch": number}}} for each in update),
            *(
                {"q": {"_id": each, **earlier}, "u": {"batch": number}, "upsert": True}
                for each in replace
            ),
        ],
        "delete": [{"q": {"_id": each, **earlier}, "limit": 1} for each in delete],
    }
    return {
        command: {name: [RawBSONDocument(bson.encode(each)) for each in of] for name in COLLECTIONS}
        for command, of in statements.items()
        if of
    }


async def content(database: Database) -> list[Document]:
    found = [database[each].find({"_id": {"$gt": ""}}).sort("_id") for each in COLLECTIONS]
    return [document for each in found for document in await each.to_list()]


async def late(database: Database, step: str, times: int, following: Statements) -> bool:
    """Commit a second batch; at the given call of a step, another process stores a third one.

    Return False if there was no such call.
    """
    here, there = Redo(database), Redo(database)
    original: Any = getattr(here, step)
    calls = 0
    stored: list[Document] = []

    async def run(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == times:
            assert await there.settle() == 2
            assert await there.commit(3, following)
            stored.extend(await content(database))
        return await original(*arguments, **named)

    setattr(here, step, run)
    second = batch(2, insert=["new"], update=["changed"], replace=["replaced"], delete=["deleted"])
    assert await here.commit(2, second)
    if stored:
        assert await content(database) == stored
        assert {each["batch"] for each in stored} == {3}
    return bool(stored)


@pytest.mark.parametrize("times", range(1, 8))
async def test_R1_a_late_command_leaves_what_was_stored_since(
    database: Database, times: int
) -> None:
    third = batch(3, update=["new", "changed"], replace=["replaced"], insert=["deleted"])
    assert await late(database, "_run", times, third) is (times < 7)


@pytest.mark.parametrize("step", ["_apply", "_is_overtaken"])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_R1_a_late_batch_inserts_nothing_that_was_deleted_since(
    database: Database, step: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redo, "LOOK_SECONDS", 0)
    third = batch(3, delete=["new", "replaced"], update=["changed"], insert=["deleted"])
    assert await late(database, step, times, third) is (step != "_apply" or times == 1)
