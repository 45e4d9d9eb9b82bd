"""Two servers for the tests of a module; tests that kill or freeze servers start their own."""

from collections.abc import AsyncGenerator, Iterator

import pytest

from tests.support.nodes import nodes, require_redis
from tests.support.postgresql import drop_databases
from tests.support.process import ServerProcess


@pytest.fixture
def redis_url() -> str:
    return require_redis()


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()


@pytest.fixture
async def pair(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> AsyncGenerator[tuple[ServerProcess, ServerProcess]]:
    async with nodes(tmp_path_factory.mktemp("nodes"), 2, redis_url) as (first, second):
        yield first, second
