"""An acknowledged message is on disk, whatever happens to the process."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.support.native import Device, Person, register
from tests.support.process import ServerProcess, server_process
from tests.system.test_conversation import history

KILLS = 50


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_R1_nothing_acknowledged_is_lost_in_fifty_kills(tmp_path: Path) -> None:
    rng = random.Random(1)
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        reader = Device(server.socket_address, bob)
        await reader.open()
        acknowledged: list[str] = []
        for round_number in range(KILLS):
            writer = Device(server.socket_address, ada)
            await writer.open()
            writing = asyncio.create_task(_write(writer, bob, round_number, acknowledged))
            await asyncio.sleep(rng.uniform(0.02, 0.12))
            await _until_acknowledged(acknowledged, round_number + 2, writing)
            server.kill()
            await writing
            await writer.close()
            await reader.close()
            server.start()
            await reader.open()

        stored = await history(server, bob, ada)
        await reader.until(len(stored))
        await reader.close()

    assert len(acknowledged) > KILLS, "hardly any message was acknowledged"
    assert set(acknowledged) - set(stored) == set(), "acknowledged and lost"
    assert len(stored) == len(set(stored)), "duplicated"
    assert reader.texts == stored


async def _write(writer: Device, to: Person, round_number: int, acknowledged: list[str]) -> None:
    """Keep 20 messages in flight until the server is gone."""
    number = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while True:
            texts = [f"{round_number}:{number + each}" for each in range(20)]
            number += 20
            answers = await asyncio.gather(
                *(writer.send(to, text, text) for text in texts), return_exceptions=True
            )
            for text, answer in zip(texts, answers, strict=True):
                if not isinstance(answer, BaseException) and answer["type"] == "ack":
                    acknowledged.append(text)
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer


async def _until_acknowledged(
    acknowledged: list[str], count: int, writing: asyncio.Task[None]
) -> None:
    """Wait until this many messages are acknowledged in all, however slow the disk is."""
    while len(acknowledged) < count and not writing.done():  # noqa: ASYNC110 - it only appends
        await asyncio.sleep(0.01)


async def test_R12_a_stop_is_orderly_and_loses_nothing(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        writer, reader = (Device(server.socket_address, each) for each in (ada, bob))
        await writer.open()
        await reader.open()
        acknowledged: list[str] = []
        writing = asyncio.create_task(_write(writer, bob, 0, acknowledged))
        await asyncio.sleep(0.2)
        await _until_acknowledged(acknowledged, 1, writing)

        code = await asyncio.to_thread(server.stop, signal.SIGTERM)
        await writing
        close_code, reason = await reader.gone()

        assert code == 0
        assert close_code == 1012
        assert "reconnect in" in reason
        server.start()
        await reader.open()
        stored = await history(server, bob, ada)
        await reader.until(len(stored))
        await reader.close()
        await writer.close()
    assert acknowledged
    assert acknowledged == stored, "a message in transit is acknowledged, or refused and not stored"
    assert reader.texts == stored


async def test_R2_a_retry_after_a_restart_finds_the_original(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        device = Device(server.socket_address, ada)
        await device.open()
        first = await device.send(bob, "once", "key")
        await device.close()
        server.kill()
        server.start()
        await device.open()
        again = await device.send(bob, "once", "key")
        await device.close()
    assert (again["id"], again["seq"], again["repeated"]) == (first["id"], first["seq"], True)


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada = await register(server.address, "ada")
        device = Device(server.socket_address, ada)
        await device.open()
        async with httpx.AsyncClient(base_url=server.address) as http:
            assert (await http.get("/readyz")).status_code == 200
        # The second signal may come when only the interpreter is left to end.
        assert await asyncio.to_thread(_stop_twice, server) in {0, -signal.SIGTERM}
        await device.close()


async def test_R12_a_second_signal_leaves_time_to_write_collected_receipts(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        writer, reader = (Device(server.socket_address, each) for each in (ada, bob))
        await writer.open()
        await reader.open()
        await writer.send(bob, "hello", "key")
        await reader.until(1)
        with sqlite3.connect(server.data / "backchannel.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")  # collected receipts have to wait
            await reader.acknowledge()
            await reader.ping()  # the server answers it once it has read the acknowledgement
            os.kill(server.pid, signal.SIGTERM)
            await reader.gone()
            for _ in range(20):
                await asyncio.sleep(0.1)
                os.kill(server.pid, signal.SIGTERM)
            other.execute("ROLLBACK")
        other.close()
        assert await asyncio.to_thread(server.stop, signal.SIGTERM) in {0, -signal.SIGTERM}
        server.start()
        await writer.open()
        await writer.until(1, "receipt")
        await writer.close()


def _stop_twice(server: ServerProcess) -> int:
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.02)
    return server.stop(signal.SIGTERM)
