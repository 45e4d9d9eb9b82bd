"""A server that a test may hurt, and the storage on it."""

import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.storage import MongoStorage
from tests.support.mongod import Mongod

NAME = "chat"
FORGOTTEN_SOCKETS = "ignore::pytest.PytestUnraisableExceptionWarning"


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let go of the driver's sockets here: it forgets to close one that was never connected."""
    yield
    with warnings.catch_warnings(action="ignore"):
        gc.collect()


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
