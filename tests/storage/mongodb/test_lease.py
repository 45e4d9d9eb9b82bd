"""One server, or several on a bus, use a database; a killed server does not keep others out."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient

from backchannel.domain.errors import Unavailable
from backchannel.storage import CannotOpen
from backchannel.storage.mongodb import lease
from backchannel.storage.mongodb.lease import Lease
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.opening import open_storage
from tests.support.mongod import shared
from tests.support.nodes import node

pytestmark = pytest.mark.service


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    mongod = shared(replicated=True)
    name = f"lease_{secrets.token_hex(4)}"
    yield mongod.url(name)
    with mongod.client() as client:
        client.drop_database(name)


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """Servers do not wait for the lease of another server, even if that server has just ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lease, "CLAIM_SECONDS", 0.3)
        yield


async def test_servers_with_and_without_a_bus_keep_each_other_away(url: str) -> None:
    first = await open_storage(url, serving=True, joined=True)
    second = await open_storage(url, serving=True, joined=True)
    await first.close()
    with hurried(), pytest.raises(CannotOpen, match=r"in use by another server.*bus\.url"):
        await open_storage(url, serving=True)
    await second.close()
    alone = await open_storage(url, serving=True)
    for joined in (False, True):
        with hurried(), pytest.raises(CannotOpen, match="in use by another server"):
            await open_storage(url, serving=True, joined=joined)
    command = await open_storage(url)
    await command.check()
    await command.close()
    await alone.close()


async def test_a_lease_is_renewed_for_as_long_as_it_is_held(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEWAL", 0.3)
    alone = await open_storage(url, serving=True)
    with shared(replicated=True).client() as client:
        leases = client.get_database(urlsplit(url).path.strip("/"))["backchannel.lease"]
        ends: set[datetime] = set()
        async with asyncio.timeout(60):
            while len(ends) < 4:
                (entry,) = (leases.find_one({"_id": lease.SERVERS}) or {})["entries"]
                ends.add(entry["until"])
                await asyncio.sleep(0.05)
    with hurried(), pytest.raises(CannotOpen, match="in use by another server"):
        await open_storage(url, serving=True)
    await alone.close()


async def test_a_server_that_another_has_replaced_stores_nothing_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LIFE", 0.1)
    frozen = await open_mongodb(url, serving=True)
    held = frozen.database._store._lease
    assert held is not None
    on_thread = frozen.database._thread.run
    await on_thread(_freeze(held))
    await asyncio.sleep(0.2)
    monkeypatch.setattr(lease, "LIFE", 60)
    other = await open_storage(url, serving=True)
    monkeypatch.setattr(lease, "RENEWAL", 0.3)
    await on_thread(_thaw(held))
    with pytest.raises(Unavailable, match="no longer uses its database"):
        await frozen.check()
    await other.check()
    await frozen.close()
    await other.close()


async def _freeze(held: Lease) -> None:
    assert held._renewing is not None
    held._renewing.cancel()


async def _thaw(held: Lease) -> None:
    held._renewing = asyncio.create_task(held._keep())
    await held._renewing


async def test_R9_the_lease_of_a_killed_server_expires(url: str, tmp_path: Path) -> None:
    server = node(tmp_path, "killed", database_url=url)
    await asyncio.to_thread(server.start)
    server.kill()
    storage = await open_storage(url, serving=True)
    await storage.check()
    await storage.close()


async def test_several_servers_need_a_replica_set() -> None:
    url = shared().url("lease")
    with pytest.raises(CannotOpen, match=r"need a replica set.*--replSet.*rs\.initiate"):
        await open_storage(url, serving=True, joined=True)


async def test_a_lease_ends_even_if_the_driver_swallows_the_cancellation(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEWAL", 0.01)
    renewing = asyncio.Event()

    async def renew(_: Lease) -> bool:
        renewing.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return True

    async with AsyncMongoClient[dict[str, Any]](url) as client:
        held = Lease(client.get_default_database(), joined=False)
        await held.claim()
        monkeypatch.setattr(Lease, "_renew", renew)
        async with asyncio.timeout(30):
            await renewing.wait()
            await held.close()
