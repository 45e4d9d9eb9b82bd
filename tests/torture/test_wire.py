"""The wire: transfers, cuts, delays and stalls."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from torture.proxy import Wire

TIMEOUT = 60.0
BRIEFLY = 0.1


@dataclass
class Ends:
    """The client's end of a connection, and what the server's end has received."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    wire: Wire
    got: bytearray
    broken: asyncio.Event

    async def until_got(self, size: int) -> None:
        async with asyncio.timeout(TIMEOUT):
            while len(self.got) < size:  # noqa: ASYNC110 - the other end is a callback
                await asyncio.sleep(0.005)


@pytest.fixture
async def ends() -> AsyncGenerator[Ends]:
    """A client, a wire, and an echo server."""
    got, broken = bytearray(), asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(1_000):
                got.extend(piece)
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            broken.set()
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Wire(server.sockets[0].getsockname()[1]) as wire:
        host, port = wire.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        yield Ends(reader, writer, wire, got, broken)
        writer.close()


async def nothing_comes(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(BRIEFLY):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


async def test_a_wire_carries_all_bytes_in_both_directions(ends: Ends) -> None:
    sent = bytes(range(256)) * 400
    ends.writer.write(sent)
    async with asyncio.timeout(TIMEOUT):
        assert await ends.reader.readexactly(len(sent)) == sent
    assert bytes(ends.got) == sent


async def test_an_end_of_input_is_passed_on(ends: Ends) -> None:
    ends.writer.write(b"goodbye")
    ends.writer.write_eof()
    async with asyncio.timeout(TIMEOUT):
        assert await ends.reader.read() == b"goodbye"
    assert not ends.broken.is_set()


async def test_a_cut_resets_both_ends_and_the_next_connection_works(ends: Ends) -> None:
    ends.writer.write(b"first")
    await ends.until_got(5)
    assert ends.wire.cut() == 1
    async with asyncio.timeout(TIMEOUT):
        with pytest.raises(ConnectionResetError):
            await ends.reader.read()
        await ends.broken.wait()
    host, port = ends.wire.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"again")
    async with asyncio.timeout(TIMEOUT):
        assert await reader.readexactly(5) == b"again"
    writer.close()


async def test_a_stalled_wire_holds_everything_back_and_loses_nothing(ends: Ends) -> None:
    ends.wire.stall()
    ends.writer.write(b"held")
    assert await nothing_comes(ends.reader)
    assert bytes(ends.got) == b""
    ends.wire.flow()
    async with asyncio.timeout(TIMEOUT):
        assert await ends.reader.readexactly(4) == b"held"


async def test_a_client_that_does_not_read_can_still_send(ends: Ends) -> None:
    ends.wire.stall_reader()
    ends.writer.write(b"said")
    await ends.until_got(4)
    assert await nothing_comes(ends.reader)
    ends.wire.flow()
    async with asyncio.timeout(TIMEOUT):
        assert await ends.reader.readexactly(4) == b"said"


async def test_a_delay_is_waited_for_in_both_directions(ends: Ends) -> None:
    ends.wire.delay = 0.1
    began = time.monotonic()
    ends.writer.write(b"late")
    async with asyncio.timeout(TIMEOUT):
        assert await ends.reader.readexactly(4) == b"late"
    assert time.monotonic() - began >= 0.2


async def test_a_wire_without_a_server_resets_its_clients(ends: Ends) -> None:
    async with Wire(1) as dead:
        host, port = dead.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(TIMEOUT):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
