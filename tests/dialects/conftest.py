"""One server that speaks every dialect, and the people who talk over it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from backchannel.responders.echo import Echo
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.plain_socket import Person, enrol


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[ChatServer]:
    echo = Echo()
    async with make_core(tmp_path, responder=echo) as core, chat_server(core) as running:
        yield running


@pytest.fixture
async def http(server: ChatServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.address) as client:
        yield client


@pytest.fixture
async def ada(server: ChatServer) -> Person:
    return await enrol(server, "ada")


@pytest.fixture
async def bob(server: ChatServer) -> Person:
    return await enrol(server, "bob")


@pytest.fixture
async def eve(server: ChatServer) -> Person:
    """Somebody whom nothing of what ada and bob say concerns."""
    return await enrol(server, "eve")
