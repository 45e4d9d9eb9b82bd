"""Opening: what is refused says why and what to do, and never shows a password."""

import pytest

from backchannel.storage.errors import CannotOpen
from backchannel.storage.mongodb.migrating import STEPS
from backchannel.storage.mongodb.opening import begin_epochs, examine_mongodb, open_mongodb
from backchannel.storage.opening import migrate
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.openers import DATABASE
from tests.storage.people import make_pair
from tests.support import mongod
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
    text = await refusal(f"mongodb://ada:secret@127.0.0.1:{free_port()}/chat")
    assert text.startswith("MongoDB cannot be reached: ")


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://host:port/x", "mongodb://h/?w=x&j=1;"])
async def test_a_url_that_is_none_is_refused_in_one_line(url: str) -> None:
    assert await refusal(url)


async def test_a_newer_schema_is_refused() -> None:
    url = mongod.shared().url("newer")
    await migrate(url)
    with mongod.shared().client() as client:
        versions = client["newer"]["backchannel.schema"]
        versions.update_one({"_id": "version"}, {"$set": {"number": 999}})
    assert f"has schema 999, this program knows {len(STEPS)}" in await refusal(url)


async def test_R19_a_migration_that_was_cut_off_is_done_again() -> None:
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


async def test_R5_a_restored_database_gets_new_epochs() -> None:
    url = mongod.shared().url(DATABASE)
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    before = await storage.heads([pair.ada, pair.bob])
    await storage.close()
    assert await begin_epochs(url) >= 2
    storage = await open_mongodb(url)
    after = await storage.heads([pair.ada, pair.bob])
    await storage.close()
    assert all(before[each].epoch != after[each].epoch for each in before)
    assert [head.position for head in after.values()] == [0, 0]
