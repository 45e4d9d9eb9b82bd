"""A server that a test may kill or freeze, and the storage on it."""

import asyncio
import gc
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.storage import MongoStorage
from tests.support.mongod import Mongod

T = TypeVar("T")

NAME = "chat"
TIMEOUT = 60.0
FORGOTTEN_SOCKETS = "ignore::pytest.PytestUnraisableExceptionWarning"


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect the driver's sockets here: it does not close one that was never connected."""
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


async def until_there(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work` once the database can be reached again."""
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            return await work()
        except Unavailable:
            assert time.monotonic() < until
            await asyncio.sleep(0.05)
