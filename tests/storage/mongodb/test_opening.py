"""Opening: a refusal gives the reason and the way out, and never shows a password."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pymongo
import pytest
from bson.min_key import MinKey
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, PyMongoError

from backchannel.domain.errors import Unavailable
from backchannel.domain.events import EventKind
from backchannel.domain.revisions import delete
from backchannel.storage import CannotOpen
from backchannel.storage.mongodb import lease, link
from backchannel.storage.mongodb.migrating import STEPS
from backchannel.storage.mongodb.opening import begin_epochs, examine_mongodb, open_mongodb
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.opening import migrate
from backchannel.telemetry.failures import CHECK
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.people import AT, make_pair, messages_of, send, session_draft, whole_log
from tests.storage.test_files import make_file, naming
from tests.support import mongod
from tests.support.engines import ON_MONGODB
from tests.support.mongod import Mongod
from tests.support.process import free_port

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]


async def refusal(url: str) -> str:
    with pytest.raises(CannotOpen) as caught:
        await open_mongodb(url)
    text = str(caught.value)
    assert "secret" not in text
    assert "\n" not in text
    return text


async def test_a_server_that_is_not_there_is_refused_in_one_line() -> None:
    host = f"127.0.0.1:{free_port()}"
    text = await refusal(f"mongodb://ada:secret@{host}/chat")
    refused = f"the connection was refused; {CHECK}"
    assert text == f"MongoDB cannot be reached at {host}: {refused}"


async def test_another_kind_of_server_is_refused_with_a_clear_error() -> None:
    server = await asyncio.start_server(_greet_and_wait, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        text = await refusal(f"mongodb://{host}:{port}/chat")
    assert text.startswith(f"MongoDB cannot be reached at {host}:{port}: ")
    assert text.endswith("what answers there is no MongoDB")


async def _greet_and_wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"J\0\0\0\n5.5.5-10.11 MariaDB".ljust(78, b"\0"))
    await reader.read()
    writer.close()


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://host:port/x", "mongodb://h/?w=x&j=1;"])
async def test_an_invalid_url_is_refused_in_one_line(url: str) -> None:
    assert await refusal(url)


async def test_an_option_that_the_driver_ignores_is_refused() -> None:
    assert "Unknown option" in await refusal("mongodb://127.0.0.1/chat?retrywriting=true")


async def test_a_user_who_may_not_write_is_told_the_role(tmp_path: Path) -> None:
    server = Mongod(tmp_path, "--auth")
    server.start()
    try:
        with server.client() as client:  # the first user is created without a login
            client.admin.command("createUser", "root", pwd="secret", roles=["root"])
        with pymongo.MongoClient[dict[str, Any]](
            server.url("admin"), username="root", password="secret"
        ) as client:
            for role in ("read", "readWrite"):
                client["chat"].command("createUser", role, pwd="secret", roles=[role])
        url = server.url("chat")
        for user in ("", "read:secret@"):
            text = await refusal(url.replace("//", f"//{user}"))
            assert "needs the role readWrite on chat" in text
        wrong = await refusal(url.replace("//", "//read:wrong-secret@"))
        assert "refuses the user or password" in wrong
        storage = await open_mongodb(url.replace("//", "//readWrite:secret@"), serving=True)
        pair = await make_pair(storage)
        await send(storage, pair.draft("hello"))
        await storage.close()
    finally:
        server.stop()


async def test_a_newer_schema_is_refused() -> None:
    url = mongod.shared().url("newer")
    await migrate(url)
    with mongod.shared().client() as client:
        versions = client["newer"]["backchannel.schema"]
        versions.update_one({"_id": "version"}, {"$set": {"number": 999}})
    assert f"has schema 999, this program knows {len(STEPS)}" in await refusal(url)


async def test_R19_an_interrupted_migration_is_repeated() -> None:
    url = mongod.shared().url("cut")
    await migrate(url)
    with mongod.shared().client() as client:
        client["cut"]["backchannel.schema"].delete_one({"_id": "version"})
        client["cut"]["backchannel.messages"].drop_indexes()
        client["cut"]["backchannel.log"].drop()
    assert "no schema yet" in await examine_mongodb(url)
    await migrate(url)
    await migrate(url)
    storage = await open_mongodb(url)
    await make_pair(storage)
    await storage.close()
    assert f"schema {len(STEPS)}" in await examine_mongodb(url)


async def test_R19_a_migration_may_take_longer_than_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "OPERATION_MS", 1_000)
    client, database = link.connect(mongod.shared().url("slow"))
    with link.without_deadline():
        await database["one"].update_one({"_id": 1}, {"$set": {"at": 1}}, upsert=True)
    wait = "const began = Date.now(); while (Date.now() - began < 2000); return true"
    query = {"_id": 1, "$where": f"function () {{ {wait} }}"}
    with pytest.raises(PyMongoError):
        await database["one"].find_one(query)
    with link.without_deadline():
        assert await database["one"].find_one(query)
    await client.close()


@contextlib.contextmanager
def killed_after(renamed: int) -> Iterator[None]:
    """End the migration after some fields have been renamed, before it records that."""
    original: Any = AsyncCollection.update_many
    calls = 0

    async def update_many(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal calls
        done = await original(self, *arguments, **options)
        calls += 1
        if calls == renamed:
            raise AutoReconnect("as if killed")
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncCollection, "update_many", update_many)
        yield
    assert calls == renamed


async def test_R19_a_database_with_an_older_name_of_a_field_is_read_whole() -> None:
    url = mongod.shared().url("older")
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await storage.create_session(pair.ada, "s", name="questions", at=AT)
    file = await make_file(storage, pair.ada)
    await send(storage, pair.draft("first"), naming(pair.draft("with a file"), file))
    await send(storage, session_draft(pair.ada, "s", "why?"))
    logs = [await whole_log(storage, each) for each in (pair.ada, pair.bob)]
    assert [len(messages_of(each)) for each in logs] == [3, 2]
    await storage.close()
    with mongod.shared().client() as client:
        database = client["older"]
        database["backchannel.schema"].update_one({"_id": "version"}, {"$set": {"number": 2}})
        for name in ("log", "questions", "attachments"):
            every = {"_id": {"$gte": MinKey()}}
            collection = database[f"backchannel.{name}"]
            collection.update_many(every, {"$rename": {"message": "place"}})
            if name != "log":
                collection.drop_index("message")
                collection.create_index("place", name="place")
    for renamed in (1, 2, 3):
        with killed_after(renamed), pytest.raises(CannotOpen):
            await open_mongodb(url)
    storage = await open_mongodb(url)
    assert [await whole_log(storage, each) for each in (pair.ada, pair.bob)] == logs
    assert [each.body for each in await storage.unanswered(limit=9)] == ["why?"]
    seen_by_bob = await storage.readable_file(pair.bob, file.id)
    assert seen_by_bob == file
    await storage.change(pair.id, 2, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await storage.readable_file(pair.bob, file.id) is None
    await storage.close()


async def test_R19_a_batch_of_an_older_version_is_applied_before_its_fields_are_renamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = mongod.shared().url("pending")
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    with monkeypatch.context() as killed:
        killed.setattr(Redo, "_apply", end)
        with pytest.raises(Unavailable):
            await storage.append([pair.draft("in the journal")], at=AT)
        await storage.close()
    with mongod.shared().client() as client:
        database = client["pending"]
        database["backchannel.schema"].update_one({"_id": "version"}, {"$set": {"number": 2}})
        redo = database["backchannel.redo"]
        batch = bson.decode((redo.find_one({"_id": "head"}) or {})["payload"])
        for entry in batch["insert"]["backchannel.log"]:
            entry["place"] = entry.pop("message")
        redo.update_one({"_id": "head"}, {"$set": {"payload": bson.encode(batch)}})
    storage = await open_mongodb(url)
    for user_id in (pair.ada, pair.bob):
        stored = [each.body for each in messages_of(await whole_log(storage, user_id))]
        assert stored == ["in the journal"]
    await storage.close()


async def end(*_: object) -> None:
    raise AutoReconnect("as if killed")


async def test_R5_a_restored_database_gets_new_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "CLAIM_SECONDS", 0.0)
    url = mongod.shared().url(ON_MONGODB)
    storage = await open_mongodb(url, serving=True)
    pair = await make_pair(storage)
    before = await storage.heads([pair.ada, pair.bob])
    with pytest.raises(CannotOpen, match="in use by another server"):
        await begin_epochs(url)
    await storage.close()
    assert await begin_epochs(url) >= 2
    storage = await open_mongodb(url)
    after = await storage.heads([pair.ada, pair.bob])
    await storage.close()
    assert all(before[each].epoch != after[each].epoch for each in before)
    assert [head.position for head in after.values()] == [0, 0]
