"""One server that speaks every dialect, and its users."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest

from backchannel.responders.echo import Echo
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.engines import DATABASES, SQLITE, drop_databases
from tests.support.plain_socket import Person, register


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the database that is tested: that of `--engine`, or a parameter."""
    chosen: str = getattr(request, "param", None) or request.config.getoption("engine")
    yield chosen
    if chosen != SQLITE:
        drop_databases()


@pytest.fixture
async def database(engine: str, tmp_path: Path) -> str:
    """Its URL."""
    return await DATABASES[engine](tmp_path)


@pytest.fixture
async def server(tmp_path: Path, database: str) -> AsyncGenerator[ChatServer]:
    async with (
        make_core(tmp_path, responder=Echo(), database=database) as core,
        chat_server(core) as running,
    ):
        yield running


@pytest.fixture
async def http(server: ChatServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.address) as client:
        yield client


@pytest.fixture
async def ada(server: ChatServer) -> Person:
    return await register(server, "ada")


@pytest.fixture
async def bob(server: ChatServer) -> Person:
    return await register(server, "bob")


@pytest.fixture
async def eve(server: ChatServer) -> Person:
    """A user who has no part in the conversation of ada and bob."""
    return await register(server, "eve")
