"""Combinations that cannot work are refused in one line that says what to do."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.opening import open_bus
from backchannel.settings import SettingsError, load
from backchannel.storage import CannotOpen
from backchannel.storage.sql.postgresql import opening
from backchannel.storage.sql.postgresql.opening import open_postgresql
from tests.support.nodes import node, nodes
from tests.support.postgresql import database_for
from tests.support.process import TIMEOUT, free_port

pytestmark = [pytest.mark.service]

POSTGRESQL = "postgresql://db.example.org/chat"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"BUS_URL": "redis://127.0.0.1", "DATABASE_URL": POSTGRESQL}, "JWT_SECRET"),
        ({"BUS_URL": "zeromq://guest:hush-hush@127.0.0.1"}, "BUS_URL"),
        ({"BUS_URL": "postgresql"}, "BUS_URL"),
        ({"WORKERS": "4"}, "WORKERS"),
        ({"WORKERS": "4", "DATABASE_URL": "mongodb://db.example.org/chat"}, "WORKERS"),
        ({"BUS_URL": "redis://"}, "BUS_URL"),
        ({"BUS_URL": "redis://:hush/hush@127.0.0.1"}, "BUS_URL"),
    ],
)
def test_S19_settings_that_cannot_join_nodes_are_refused(
    settings: Mapping[str, str], name: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(environment={f"BACKCHANNEL_{key}": value for key, value in settings.items()})
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"BACKCHANNEL_{name}")
    assert "hush" not in line


async def test_servers_with_and_without_a_bus_keep_each_other_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await database_for(tmp_path)
    first = await open_postgresql(url, serving=True, joined=True)
    second = await open_postgresql(url, serving=True, joined=True)
    with monkeypatch.context() as hurried:
        hurried.setattr(opening, "CLAIM_SECONDS", 0.3)
        with pytest.raises(CannotOpen, match=r"in use by another server.*bus\.url"):
            await open_postgresql(url, serving=True)
    await first.close()
    await second.close()
    alone = await open_postgresql(url, serving=True)
    monkeypatch.setattr(opening, "CLAIM_SECONDS", 0.3)
    with pytest.raises(CannotOpen, match="in use by another server"):
        await open_postgresql(url, serving=True, joined=True)
    await alone.close()


async def test_a_bus_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()
    server = node(
        tmp_path,
        "node",
        database_url=await database_for(tmp_path),
        bus_url=f"redis://:hush-hush@127.0.0.1:{port}/0",
        jwt_secret=secrets.token_hex(32),
    )
    with pytest.raises(RuntimeError) as refused:
        server.start()
    server.close()
    last = str(refused.value).splitlines()[-1]
    assert f"the bus at redis://127.0.0.1:{port} cannot be used" in last
    assert "hush-hush" not in str(refused.value)


async def test_a_bus_that_refuses_the_connection_is_given_up_at_once() -> None:
    for url in ("redis://127.0.0.1:1", "nats://127.0.0.1:1", "amqp://127.0.0.1:1"):
        async with asyncio.timeout(TIMEOUT):
            with pytest.raises(CannotConnect, match="the connection was refused"):
                await open_bus(url, key=b"key")


async def test_a_second_server_on_sqlite_is_refused(tmp_path: Path, redis_url: str) -> None:
    sqlite = f"sqlite:///{tmp_path / 'chat.db'}"
    with pytest.raises(RuntimeError, match=r"Several servers need PostgreSQL, and a bus"):
        async with nodes(tmp_path, 2, redis_url, database_url=sqlite):
            pass  # Only the first of them starts.
