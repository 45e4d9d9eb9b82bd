"""Rule R13: a peer that does not read costs bounded memory and nobody else's time."""

import asyncio
import os
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.frames import Opcode

from backchannel.budgets.held import HeldBytes
from backchannel.transports.websocket.limits import Limits
from tests.transports.harness import Door, Raw, Recorder, eventually, serving

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Return this process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE


async def flood(victim: Recorder, payload: bytes, times: int) -> None:
    for _ in range(times):
        victim.socket.send_text(payload)
        await asyncio.sleep(0)


async def test_R13_reader_that_never_reads_costs_under_20_MiB_and_delays_nobody() -> None:
    door = Door()
    loop = asyncio.get_running_loop()
    async with (
        serving(door) as server,
        connect(server.url) as other,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        before = resident()
        flooding = asyncio.create_task(flood(door.last, b"x" * 16_384, 12_000))
        slowest, peak = 0.0, before
        while not flooding.done():
            since = loop.time()
            await other.send("anybody there?")
            await other.recv()
            slowest = max(slowest, loop.time() - since)
            peak = max(peak, resident())
        await door.last.gone.wait()
    assert door.last.ending == (1006, "too far behind")
    assert peak - before < 20 << 20
    assert slowest < 0.25


async def test_R13_a_peer_that_sends_and_does_not_read_is_not_read_either() -> None:
    """Its answers stay below the cap, and all of them come when it reads again."""
    door = Door()
    limits = Limits(backlog=2 << 20)
    async with (
        serving(door, limits) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        raw.send(Opcode.TEXT, b"x" * 4000)
        total = 4000  # 16 MB, where the answers may pile up to 2
        message = b"\x81\xfe\x0f\xa0\0\0\0\0" + b"x" * 4000
        raw.writer.write(message * (total - 1))
        socket = door.last.socket
        received = -1
        while received < len(door.last.texts):
            received = len(door.last.texts)
            await asyncio.sleep(0.1)
        assert received < total
        assert 0 < socket.backlog < limits.backlog
        raw.read_again()
        for _ in range(total):
            assert await raw.frame() == (0x81, b"x" * 4000)
        await eventually(lambda: socket.backlog == 0)
    assert door.last.ending is not None


async def test_R13_a_handler_hears_nothing_of_a_peer_that_was_given_up() -> None:
    class Amplifier(Recorder):
        def text_received(self, payload: bytes) -> None:
            self.texts.append(payload)
            self.socket.send_text(bytes(1 << 20))

    door = Door(Amplifier)
    async with (
        serving(door, Limits(backlog=2 << 20)) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        raw.writer.write(b"\x81\x82\0\0\0\0hi" * 1000)
        await door.last.gone.wait()
    assert door.last.ending == (1006, "too far behind")
    assert len(door.last.texts) < 20


async def test_flushed_is_called_when_the_kernel_has_taken_everything() -> None:
    door = Door()
    async with (
        serving(door) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        handler = door.last
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


async def test_R13_a_slow_reader_lives_while_it_reads() -> None:
    """It cannot answer pings that wait behind megabytes, but what it takes proves life."""
    door = Door()
    limits = Limits(ping_interval=0.1, ping_timeout=0.1, backlog=32 << 20)
    async with serving(door, limits) as server, await Raw.upgraded(server.port) as raw:
        handler = door.last
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
        async with asyncio.timeout(10):  # and when it stops, it is dead
            await handler.gone.wait()
    assert handler.ending == (1006, "ping timeout")


def _holds(held: HeldBytes, size: int) -> bool:
    return held.total == size


async def test_S18_strangers_share_what_may_be_held_for_them() -> None:
    """The stranger that has kept a message unfinished for longest goes; who is known stays."""
    door = Door()
    held = HeldBytes(5_000)
    begun = b"\x81\xfe\x0f\xa0\0\0\0\0" + b"x" * 2_000  # of 4,000 bytes
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(door, strangers=held))
        clients = []
        for number in range(4):
            raw = await stack.enter_async_context(await Raw.connect(server.port))
            await raw.upgrade()
            clients.append(raw)
            if not number:
                door.last.socket.identify("ada")
            raw.writer.write(begun)
            wanted = 2_000 * min(number, 2)
            await eventually(partial(_holds, held, wanted))
        await asyncio.wait_for(door.handlers[1].gone.wait(), 20)
        assert [each.ending for each in door.handlers] == [
            None,
            (1013, "too many clients that have not logged in"),
            None,
            None,
        ]
    assert held.total == 0
