"""An open storage with two users in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from backchannel.ports.storage import Storage
from backchannel.storage.mongodb import link
from backchannel.storage.sql.mysql import driver as mysql
from backchannel.storage.sql.postgresql import driver as postgresql
from backchannel.storage.sql.servers import health
from backchannel.storage.sql.sqlite import driver as sqlite
from tests.storage.openers import OPENERS, Opener
from tests.storage.people import Pair, make_pair
from tests.storage.plans import require_indexes
from tests.support.engines import DATABASES, drop_databases


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not take a stalled disk for an outage; tests of outages use the limits of the product."""
    monkeypatch.setattr(link, "OPERATION_MS", 60_000)
    monkeypatch.setattr(health, "TIMEOUT", 60.0)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(mysql, "CONNECT_SECONDS", 60)


def _parameter(opener: Opener) -> ParameterSet:
    return pytest.param(opener, id=opener.name, marks=opener.marks)


@pytest.fixture(params=map(_parameter, OPENERS))
def opener(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opener]:
    chosen: Opener = request.param
    # While the disk stalls for one process, another process waits for its lock.
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA busy_timeout = 60000", *sqlite.PRAGMAS[1:]))
    if chosen.name == "postgresql":
        with require_indexes(asyncio.run(DATABASES[chosen.name](tmp_path))):
            yield chosen
    else:
        yield chosen
    drop_databases()


@pytest.fixture
async def storage(opener: Opener, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await opener.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def pair(storage: Storage) -> Pair:
    return await make_pair(storage)
