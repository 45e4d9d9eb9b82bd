"""Two nodes on each bus and each database: messages of both, in one order, on every device."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import mariadb, mongod, postgresql
from tests.support.kafka import kafka_broker
from tests.support.native import Device, register
from tests.support.nodes import nodes, require_redis

pytestmark = [pytest.mark.service, pytest.mark.slow]

COUNT = 60


async def _on_mongodb(_folder: Path) -> str:
    return mongod.shared(replicated=True).url(f"nodes_{secrets.token_hex(4)}")


BUSES: dict[str, Callable[[], str]] = {
    "redis": require_redis,
    "nats": lambda: os.environ.get("TEST_NATS_URL", "nats://127.0.0.1:4222"),
    "rabbitmq": lambda: os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/"),
    "postgresql": lambda: "postgresql",
}
DATABASES: dict[str, Callable[[Path], Awaitable[str]]] = {
    "postgresql": postgresql.database_for,
    "mariadb": mariadb.database_for,
    "mongodb": _on_mongodb,
}
DRIVERS = {"nats": "nats", "rabbitmq": "aio_pika", "kafka": "aiokafka"}


@pytest.mark.parametrize(
    ("database", "name"),
    [
        *(("postgresql", bus) for bus in (*BUSES, "kafka")),
        ("mariadb", "redis"),
        ("mariadb", "rabbitmq"),
        ("mongodb", "nats"),
    ],
)
async def test_R3_R4_two_nodes_on_each_bus_deliver_in_one_order(
    tmp_path: Path, database: str, name: str
) -> None:
    if name in DRIVERS:
        pytest.importorskip(DRIVERS[name], reason=f"the extra `{name}` is not installed")
    with ExitStack() as opened:
        url = BUSES[name]() if name in BUSES else opened.enter_context(kafka_broker()).url
        await _exchange(tmp_path, url, await DATABASES[database](tmp_path))


async def _exchange(folder: Path, bus: str, database: str) -> None:
    async with nodes(folder, 2, bus, database_url=database) as (first, second):
        ada, bob = await register(first.address, "ada"), await register(second.address, "bob")
        ada_device, bob_device = (
            Device(first.socket_address, ada),
            Device(second.socket_address, bob),
        )
        observers = [
            Device(each.socket_address, who) for each in (first, second) for who in (ada, bob)
        ]
        for each in (ada_device, bob_device, *observers):
            await each.open()
        for number in range(COUNT):
            await asyncio.gather(
                ada_device.send(bob, f"a{number}", f"a{number}"),
                bob_device.send(ada, f"b{number}", f"b{number}"),
            )
        for each in observers:
            await each.until(2 * COUNT)
        assert all(each.texts == observers[0].texts for each in observers)
        for speaker in "ab":
            spoken = [text for text in observers[0].texts if text.startswith(speaker)]
            assert spoken == [f"{speaker}{number}" for number in range(COUNT)]
        for each in (ada_device, bob_device, *observers):
            await each.close()
