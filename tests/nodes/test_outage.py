"""The bus ends, freezes and comes back: nothing is lost, and the servers recover."""

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.native import Device, register
from tests.support.nodes import metric, nodes, require_redis, until
from tests.support.process import ServerProcess
from tests.support.redis import redis_server

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timed]


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
async def test_R8_R15_messages_sent_during_a_bus_outage_arrive_once_it_is_over(
    tmp_path: Path, trouble: str
) -> None:
    require_redis()
    with redis_server() as redis:
        async with nodes(tmp_path, 2, redis.url) as (here, there):
            ada, bob = await register(here.address, "ada"), await register(there.address, "bob")
            ada_device, bob_device = (
                Device(here.socket_address, ada),
                Device(there.socket_address, bob),
            )
            await ada_device.open()
            await bob_device.open()
            await ada_device.send(bob, "before", "before")
            await bob_device.until(1)
            if trouble == "killed":
                redis.kill()
            else:
                redis.signal(signal.SIGSTOP)
            for number in range(20):
                sent = await ada_device.send(bob, f"m{number}", f"m{number}")
                assert sent["type"] == "ack", "the database is all that a send needs"
            await until_connected(here, there, connected=False)
            if trouble == "killed":
                redis.start()
            else:
                redis.signal(signal.SIGCONT)
            await bob_device.until(
                21, within=10
            )  # a heartbeat would deliver them only after up to 25 s
            assert bob_device.texts == ["before", *(f"m{number}" for number in range(20))]
            await until_connected(here, there, connected=True)
            await ada_device.send(bob, "after", "after")
            await bob_device.until(22)
            await ada_device.close()
            await bob_device.close()


async def until_connected(*servers: ServerProcess, connected: bool) -> None:
    """Wait until each of these servers is connected to its bus, or has noticed that it is not."""
    await until(lambda: all(metric(each, "bus_connected") == connected for each in servers))


async def test_R15_servers_without_their_bus_converge_by_the_heartbeat(tmp_path: Path) -> None:
    require_redis()
    with redis_server() as redis:
        async with nodes(tmp_path, 2, redis.url) as (here, there):
            ada, bob = await register(here.address, "ada"), await register(there.address, "bob")
            ada_device, bob_device = (
                Device(here.socket_address, ada),
                Device(there.socket_address, bob),
            )
            await ada_device.open()
            await bob_device.open()
            redis.kill()
            await ada_device.send(bob, "hello", "hello")
            await bob_device.until(1, within=207)
            await ada_device.close()
            await bob_device.close()


async def test_R12_a_node_ends_although_the_answer_of_another_was_lost(
    tmp_path: Path,
) -> None:
    require_redis()
    path = "/socket.io/?EIO=4&transport=polling"
    with redis_server() as redis:
        async with nodes(tmp_path, 2, redis.url) as (here, there):
            async with httpx.AsyncClient() as http:
                handshake = await http.get(f"{here.address}{path}")
            sid = json.loads(handshake.text[1:])["sid"]
            head = f"POST {path}&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
            writer.write(f"{head}\r\n40".encode())
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            redis.signal(signal.SIGSTOP)
            writer.write(f"{head}Expect: 100-continue\r\n\r\n".encode())
            assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
            writer.write(b"41")
            assert await asyncio.to_thread(there.stop) == 0
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            assert "Cancel" not in there.log.read_text()
            writer.close()
            redis.signal(signal.SIGCONT)
