"""R5, R10, R19: the contract of opening a database on a server, over every kind of server."""

import asyncio
from urllib.parse import urlsplit

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage
from backchannel.storage import CannotOpen
from backchannel.storage.opening import begin_epochs, examine, migrate, open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from tests.storage.people import make_pair
from tests.storage.servers.conftest import DatabaseServer, short_claims

pytestmark = pytest.mark.service

VERSION = "SELECT version_num FROM alembic_version"


async def test_R19_programs_that_start_at_once_make_the_tables_once(
    server: DatabaseServer, url: str
) -> None:
    storages = await asyncio.gather(*(open_storage(url) for _ in range(3)))
    assert await server.value(url, VERSION) == SCHEMA_VERSION
    for storage in storages:
        await storage.close()


async def test_R5_a_restored_database_has_new_epochs(server: DatabaseServer, url: str) -> None:
    storage = await open_storage(url)
    pair = await make_pair(storage)
    before = (await storage.heads([pair.ada]))[pair.ada].epoch
    await storage.close()
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch == before
    await storage.close()
    await server.execute(url, *server.remake_log_head)
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch != before
    await storage.close()


async def until_given_up(storage: Storage) -> None:
    """Return once the storage refuses to use its database until it is opened again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await storage.check()
            except Unavailable as refusal:
                if "no longer uses its database" in refusal.text:
                    return
            await asyncio.sleep(0.05)


async def test_R5_S1_a_running_server_stops_using_a_recreated_database(
    server: DatabaseServer, url: str
) -> None:
    storage = await open_storage(url)
    pair = await make_pair(storage)
    name = urlsplit(url).path.removeprefix("/")
    await server.execute(url, *(each.format(name=name) for each in server.make_anew))
    await until_given_up(storage)
    with pytest.raises(Unavailable):
        await storage.account(pair.ada)
    await storage.close()
    storage = await open_storage(url)
    assert await storage.account(pair.ada) is None
    await storage.close()


async def test_R5_mark_restored_gives_every_log_a_new_epoch(url: str) -> None:
    storage = await open_storage(url, serving=True)
    pair = await make_pair(storage)
    before = (await storage.heads([pair.ada]))[pair.ada].epoch
    with short_claims(), pytest.raises(CannotOpen, match="in use by another server"):
        await begin_epochs(url)
    await storage.close()
    assert await begin_epochs(url) == 2
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch != before
    await storage.close()


async def test_R19_a_newer_schema_is_refused(server: DatabaseServer, url: str) -> None:
    await migrate(url)
    await server.execute(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotOpen, match="written by a newer version"):
        await open_storage(url)


async def test_one_server_at_a_time(url: str) -> None:
    serving = await open_storage(url, serving=True)
    with short_claims(), pytest.raises(CannotOpen, match="in use by another server"):
        await open_storage(url, serving=True)
    with short_claims(), pytest.raises(CannotOpen, match="in use by another server"):
        await migrate(url)
    beside = await open_storage(url)
    await beside.check()
    await beside.close()
    await serving.close()
    await migrate(url)
    assert SCHEMA_VERSION in await examine(url, production=True)


async def test_servers_with_and_without_a_bus_keep_each_other_away(url: str) -> None:
    first = await open_storage(url, serving=True, joined=True)
    second = await open_storage(url, serving=True, joined=True)
    await first.close()
    with short_claims(), pytest.raises(CannotOpen, match=r"in use by another server.*bus\.url"):
        await open_storage(url, serving=True)
    await second.close()
    alone = await open_storage(url, serving=True)
    with short_claims(), pytest.raises(CannotOpen, match="in use by another server"):
        await open_storage(url, serving=True, joined=True)
    await alone.close()


async def test_another_programs_database_is_refused_unchanged(
    server: DatabaseServer, url: str
) -> None:
    await server.execute(url, "CREATE TABLE theirs (number bigint)")
    with pytest.raises(CannotOpen, match="another program"):
        await open_storage(url)
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = {}"
    assert await server.value(url, tables.format(server.schema)) == 1


@pytest.mark.parametrize("size", ["1", "many", "100000"])
async def test_an_invalid_pool_size_is_refused(server: DatabaseServer, size: str) -> None:
    with pytest.raises(CannotOpen, match="pool_size"):
        await open_storage(f"{server.scheme}://127.0.0.1/x?pool_size={size}")


async def test_S6_a_password_is_not_shown(server: DatabaseServer) -> None:
    with pytest.raises(CannotOpen) as refusal:
        await open_storage(f"{server.scheme}://ada:secret@127.0.0.1:1/chat")
    assert "secret" not in str(refusal.value)
    assert "127.0.0.1:1/chat" in str(refusal.value)


@pytest.mark.parametrize("password", ["hunter/2canary", "12/canary", "a#canary", "1?canary"])
async def test_S6_a_password_that_is_not_escaped_is_not_shown(
    server: DatabaseServer, password: str
) -> None:
    for operation in (open_storage, migrate):
        with pytest.raises(CannotOpen, match="escape the password") as refusal:
            await operation(f"{server.scheme}://ada:{password}@db.invalid/chat")
        assert "canary" not in str(refusal.value)
