"""Messages between users of different servers: at once, in order, each once."""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backchannel.chat.nodes import BEAT
from tests.brokers.proxy import Proxy
from tests.support.client_dialects import ALL, CHAT
from tests.support.native import Device, register
from tests.support.nodes import as_chat_server, metric, nodes
from tests.support.plain_socket import register as register_everywhere
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.service, pytest.mark.slow]

Pair = tuple[ServerProcess, ServerProcess]
AT_ONCE = 5
"""Seconds; the heartbeats, which also bring what the bus does not, are 25 apart."""


@pytest.mark.timed
async def test_every_dialect_reaches_every_dialect_on_another_server(pair: Pair) -> None:
    here, there = map(as_chat_server, pair)
    ada, bob = await register_everywhere(here, "ada"), await register_everywhere(there, "bob")
    for speaker in ALL:
        for listener in ALL:
            async with (
                speaker.open(here, ada) as ada_client,
                listener.open(there, bob) as bob_client,
            ):
                text = f"{speaker.name} to {listener.name}"
                await speaker.send(ada_client, bob, text)
                async with asyncio.timeout(AT_ONCE):
                    while (await listener.receive(bob_client))[1] != text:
                        pass  # A message that this dialect had not shown yet.


@pytest.mark.timed
async def test_R5_messages_sent_before_a_node_has_subscribed_reach_every_dialect_there(
    tmp_path: Path, redis_url: str
) -> None:
    redis = urlsplit(redis_url)
    async with Proxy.before(redis.hostname or "", redis.port or 6379) as proxy:
        behind = redis._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
        async with nodes(tmp_path, 2, [redis_url, behind]) as pair:
            here, there = map(as_chat_server, pair)
            ada, bob = (
                await register_everywhere(here, "ada"),
                await register_everywhere(there, "bob"),
            )
            for listener in ALL:
                async with CHAT.open(here, ada) as ada_client:
                    proxy.hold()
                    async with listener.open(there, bob) as bob_client:
                        await CHAT.send(ada_client, bob, f"to {listener.name}")
                        proxy.release()
                        async with asyncio.timeout(AT_ONCE):
                            while (await listener.receive(bob_client))[1] != f"to {listener.name}":
                                pass  # A message that this dialect had not shown yet.


async def test_R3_both_sides_see_one_order_though_both_write_at_once(pair: Pair) -> None:
    ada, bob = await register(pair[0].address, "ada"), await register(pair[1].address, "bob")
    here, there = Device(pair[0].socket_address, ada), Device(pair[1].socket_address, bob)
    observers = [Device(server.socket_address, who) for server in pair for who in (ada, bob)]
    for each in (here, there, *observers):
        await each.open()
    for number in range(100):
        await asyncio.gather(
            here.send(bob, f"a{number}", f"a{number}"),
            there.send(ada, f"b{number}", f"b{number}"),
        )
    for each in observers:
        await each.until(200)
    orders = [[message["seq"] for message in each.of("message")] for each in observers]
    bodies = [each.texts for each in observers]
    assert all(order == list(range(1, 201)) for order in orders)
    assert all(each == bodies[0] for each in bodies)
    for each in (here, there, *observers):
        await each.close()


@pytest.mark.parametrize("count", [2, 8])
async def test_a_message_costs_the_same_on_the_bus_however_many_servers_there_are(
    tmp_path: Path, redis_url: str, count: int
) -> None:
    async with nodes(tmp_path, count, redis_url) as servers:
        ada = await register(servers[0].address, "ada")
        bob = await register(servers[1].address, "bob")
        here, there = (
            Device(servers[0].socket_address, ada),
            Device(servers[1].socket_address, bob),
        )
        await here.open()
        await there.open()
        began = time.monotonic()
        before = sum(metric(each, "bus_received_total") for each in servers)
        for number in range(50):
            await here.send(bob, "hello", f"m{number}")
        await there.until(50)
        await asyncio.sleep(0.5)
        received = sum(metric(each, "bus_received_total") for each in servers) - before
        beats = 1 + (time.monotonic() - began) / BEAT
        await here.close()
        await there.close()
    # One for each message, some receipts, and the notices from each server to the others.
    assert 50 <= received <= 50 + 50 + count * count * beats
