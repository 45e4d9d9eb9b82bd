"""A server that a test may hurt, and the storage on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.storage import MongoStorage
from tests.support.mongod import Mongod

NAME = "chat"


@pytest.fixture(params=[False, True], ids=["one server", "replica set"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mongod]:
    running = Mongod(tmp_path, replicated=request.param)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
async def storage(server: Mongod) -> AsyncIterator[MongoStorage]:
    opened = await open_mongodb(server.url(NAME))
    yield opened
    await opened.close()
