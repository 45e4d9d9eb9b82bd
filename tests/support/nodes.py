"""Several servers on one database, joined by a bus; each is a separate process."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.postgresql import database_for
from tests.support.process import TIMEOUT, ServerProcess

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def require_redis() -> str:
    """The URL of the Redis for tests; skips the test where there is none."""
    redis = pytest.importorskip("redis", reason="the extra `redis` is not installed")
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=20).ping()
    except redis.RedisError as error:
        pytest.skip(f"no Redis answers at {REDIS}: {error}")
    return REDIS


def node(folder: Path, name: str, **settings: str) -> ServerProcess:
    """A server with its own folder, not started yet."""
    subfolder = folder / name
    subfolder.mkdir(exist_ok=True)
    return ServerProcess(subfolder, **settings)


@asynccontextmanager
async def nodes(
    folder: Path, count: int, bus: str | Sequence[str], **settings: str
) -> AsyncGenerator[list[ServerProcess]]:
    """Running servers over one PostgreSQL database that know each other, and share their files.

    `bus` is the URL of the bus, or one for each of them.
    """
    buses = [bus] * count if isinstance(bus, str) else bus
    shared = {
        "database_url": await database_for(folder),
        "jwt_secret": secrets.token_hex(32),
        "files_url": f"file://{folder / 'files'}",
        "files_uploads": str(folder / "uploads"),
        "metrics_public": "true",
        **settings,
    }
    with ExitStack() as running:
        made = [
            node(folder, f"node{number}", bus_url=url, **shared) for number, url in enumerate(buses)
        ]
        for each in made:
            running.callback(each.close)
            await asyncio.to_thread(each.start)  # a proxy of the test continues in the meantime
        for each in made:  # the other nodes announce themselves to it
            await until(lambda: metric(each, "bus_received_total") >= count - 1)  # noqa: B023
        yield made


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that other processes fulfil."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110 - they set no event
            await asyncio.sleep(0.05)


def as_chat_server(server: ServerProcess) -> ChatServer:
    """The server's addresses are all that clients ask for."""
    return cast("ChatServer", server)


def metric(server: ServerProcess, name: str) -> float:
    """The value of a metric of one process."""
    text = httpx.get(f"{server.address}/metrics").raise_for_status().text
    found = re.search(rf"^backchannel_{name} (\S+)$", text, flags=re.MULTILINE)
    assert found is not None, f"there is no metric {name}"
    return float(found[1])
