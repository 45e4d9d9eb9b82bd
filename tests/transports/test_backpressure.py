"""Rule R13: a peer that does not read costs bounded memory and delays no other peer."""

import asyncio
import os
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.frames import Opcode

from backchannel.budgets.held import PER_HOLDER, HeldBytes
from backchannel.transports.websocket.decoder import CONTROL_COST, TURN
from backchannel.transports.websocket.endpoint import Limits
from tests.transports.harness import (
    Raw,
    Recorder,
    RecordingEndpoint,
    eventually,
    masked,
    serving,
)

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Return this process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE


async def flood(victim: Recorder, payload: bytes, times: int) -> None:
    for _ in range(times):
        victim.socket.send_text(payload)
        await asyncio.sleep(0)


@pytest.mark.alone
async def test_R13_a_peer_that_never_reads_costs_under_20_MiB_and_delays_no_other() -> None:
    recording = RecordingEndpoint()
    async with (
        serving(recording) as server,
        connect(server.url) as other,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        before = resident()
        flooding = asyncio.create_task(flood(recording.last, b"x" * 16_384, 12_000))
        slowest, peak = 0.0, before
        while not flooding.done():
            since = time.thread_time()  # the server and both clients are in this thread
            await other.send("anybody there?")
            await other.recv()
            slowest = max(slowest, time.thread_time() - since)
            peak = max(peak, resident())
        await recording.last.gone.wait()
    assert recording.last.ending == (1006, "too far behind")
    assert peak - before < 20 << 20
    assert slowest < 0.25


async def test_R13_a_peer_that_sends_and_does_not_read_is_not_read_either() -> None:
    """Its answers stay below the cap, and all of them come when it reads again."""
    recording = RecordingEndpoint()
    limits = Limits(backlog=2 << 20)
    async with (
        serving(recording, limits) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        raw.send(Opcode.TEXT, b"x" * 4000)
        total = 4000  # 16 MB, where the answers may pile up to 2
        message = b"\x81\xfe\x0f\xa0\0\0\0\0" + b"x" * 4000
        raw.writer.write(message * (total - 1))
        socket = recording.last.socket
        received = -1
        while received < len(recording.last.texts):
            received = len(recording.last.texts)
            await asyncio.sleep(0.1)
        assert received < total
        assert 0 < socket.backlog < limits.backlog
        raw.read_again()
        for _ in range(total):
            assert await raw.frame() == (0x81, b"x" * 4000)
        await eventually(lambda: socket.backlog == 0)
    assert recording.last.ending is not None


async def test_R13_a_handler_gets_no_more_messages_of_a_disconnected_peer() -> None:
    class Amplifier(Recorder):
        def text_received(self, payload: bytes) -> None:
            self.texts.append(payload)
            self.socket.send_text(bytes(1 << 20))

    recording = RecordingEndpoint(Amplifier)
    async with (
        serving(recording, Limits(backlog=2 << 20)) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        raw.writer.write(b"\x81\x82\0\0\0\0hi" * 1000)
        await recording.last.gone.wait()
    assert recording.last.ending == (1006, "too far behind")
    assert len(recording.last.texts) < 20


async def test_flushed_is_called_when_the_kernel_has_taken_everything() -> None:
    recording = RecordingEndpoint()
    async with (
        serving(recording) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        handler = recording.last
        await eventually(lambda: handler.flushes == 1)
        raw.stop_reading()
        while not handler.socket.backlog:
            handler.socket.send_text(b"x" * 200_000)
            await asyncio.sleep(0.01)
        flushes = handler.flushes
        handler.socket.send_text(b"one more")
        await asyncio.sleep(0.05)
        assert handler.flushes == flushes
        raw.read_again()
        while (await raw.frame())[1] != b"one more":
            continue
        await eventually(lambda: handler.flushes > flushes)
        assert handler.socket.backlog == 0


@pytest.mark.timed
async def test_R13_a_slow_reader_lives_while_it_reads() -> None:
    """It cannot answer pings behind megabytes of data, but reading shows that it is alive."""
    recording = RecordingEndpoint()
    limits = Limits(ping_interval=0.1, ping_timeout=0.1, backlog=32 << 20)
    async with serving(recording, limits) as server, await Raw.upgraded(server.port) as raw:
        handler = recording.last
        raw.stop_reading()
        await asyncio.sleep(0.01)
        while handler.socket.backlog < 20 << 20:
            handler.socket.send_text(b"x" * (1 << 20))
            await asyncio.sleep(0)
        fd = os.dup(raw.writer.get_extra_info("socket").fileno())
        for _ in range(60):
            os.read(fd, 200_000)
            await asyncio.sleep(0.01)
        os.close(fd)
        assert not handler.gone.is_set()
        assert handler.socket.backlog > 1 << 20
        async with asyncio.timeout(10):  # once it stops reading, it counts as dead
            await handler.gone.wait()
    assert handler.ending == (1006, "ping timeout")


def _holds(held: HeldBytes, size: int) -> bool:
    return held.total == size


@pytest.mark.timed
async def test_S18_unfinished_messages_without_a_login_share_a_memory_limit() -> None:
    """The client without a login whose message is unfinished for longest is dropped; users stay."""
    recording = RecordingEndpoint()
    each = 2_000 + PER_HOLDER
    held = HeldBytes(5 * each // 2)
    begun = b"\x81\xfe\x0f\xa0\0\0\0\0" + b"x" * 2_000  # of 4,000 bytes
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(recording, held_before_login=held))
        clients = []
        for number in range(4):
            raw = await stack.enter_async_context(await Raw.connect(server.port))
            await raw.upgrade()
            clients.append(raw)
            if not number:
                recording.last.socket.identify("ada")
            raw.writer.write(begun)
            wanted = each * min(number, 2)
            await eventually(partial(_holds, held, wanted))
        await asyncio.wait_for(recording.handlers[1].gone.wait(), 20)
        assert [handler.ending for handler in recording.handlers] == [
            None,
            (1013, "too many clients that have not logged in"),
            None,
            None,
        ]
    assert held.total == 0


async def test_R14_a_flood_of_pings_is_answered_in_turns() -> None:
    """Also while the connection closes, and no pong is lost."""
    recording = RecordingEndpoint()
    pings = 2_000
    turns = 0

    def count() -> None:
        nonlocal turns
        turns += 1
        if recording.last.ending is None:
            loop.call_soon(count)

    loop = asyncio.get_running_loop()
    async with serving(recording) as server, await Raw.connect(server.port) as raw:
        await raw.upgrade()
        raw.writer.write(masked(Opcode.PING, b"?") * pings)
        assert await raw.frame() == (0x8A, b"?")
        loop.call_soon(count)
        for _ in range(pings - 1):
            assert await raw.frame() == (0x8A, b"?")
        assert turns > pings * CONTROL_COST // TURN // 2
        recording.last.socket.close(1001)
        raw.writer.write(masked(Opcode.PING, b"!") * pings + masked(Opcode.CLOSE, b"\x03\xe9"))
        assert await raw.close_code() == 1001
        assert await raw.rest() == b""
    assert recording.last.ending == (1001, "")
