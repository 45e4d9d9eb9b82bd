"""An open WebSocket over a real socket, with the `websockets` client at the other end."""

import asyncio
import gc
import logging
import re
import socket as sockets
from pathlib import Path

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from backchannel.transports.http.protocol import HttpProtocol, http_protocol
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.protocol import WebSocket
from backchannel.transports.websocket.upgrade import Upgrade, websocket_protocol
from tests.transports.harness import (
    Raw,
    Recorder,
    RecordingEndpoint,
    eventually,
    hello,
    masked,
    serving,
)

TAKEOVER = Deflate(server_context_takeover=True, client_context_takeover=True, threshold=0)


@pytest.mark.parametrize("deflate", [None, Deflate(threshold=0), TAKEOVER], ids=repr)
async def test_messages_of_all_sizes_are_echoed(deflate: Deflate | None) -> None:
    recording = RecordingEndpoint()
    async with serving(recording, deflate=deflate) as server:
        async with connect(server.url) as client:
            for message in ("", "grüße", "x" * 125, "y" * 126, "é" * 40_000, "z" * 1_000_000):
                for sent in (message, message.encode()):
                    await client.send(sent)
                    assert await client.recv() == sent
            await client.send(["in ", "three ", "fragments"])
            assert await client.recv() == "in three fragments"
            await (await client.ping(b"payload"))
        assert client.close_code == 1000
        await recording.last.gone.wait()
    assert recording.last.ending == (1000, "")


async def test_small_messages_are_not_compressed() -> None:
    async with serving(RecordingEndpoint(), deflate=Deflate(threshold=100)) as server:
        raw = await Raw.upgraded(server.port, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
        async with raw:
            raw.send(Opcode.TEXT, b"x" * 99)
            assert await raw.frame() == (0x81, b"x" * 99)
            raw.send(Opcode.TEXT, b"x" * 100)
            first, payload = await raw.frame()
            assert first == 0xC1
            assert len(payload) < 20


async def test_the_side_that_closes_first_names_the_code() -> None:
    recording = RecordingEndpoint()
    async with serving(recording) as server:
        async with connect(server.url) as client:
            await eventually(lambda: bool(recording.handlers))
            recording.last.socket.close(4001, "see you")
            recording.last.socket.send_text(b"too late")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (4001, "see you")
        async with connect(server.url) as client:
            await client.close(4002, "bye")
        for handler in recording.handlers:
            await handler.gone.wait()
    assert [handler.ending for handler in recording.handlers] == [(4001, "see you"), (4002, "bye")]


async def test_a_vanished_peer_is_1006() -> None:
    recording = RecordingEndpoint()
    async with serving(recording) as server:
        async with await Raw.upgraded(server.port):
            await eventually(lambda: bool(recording.handlers))
        await recording.last.gone.wait()
    assert recording.last.ending == (1006, "")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b"\x81\x02hi", 1002, id="unmasked"),
        pytest.param(masked(Opcode.TEXT, b"\xff"), 1007, id="not UTF-8"),
        pytest.param(masked(Opcode.TEXT, b"x" * 2000), 1009, id="too big"),
    ],
)
async def test_a_peer_that_violates_the_protocol_gets_the_reason(frame: bytes, code: int) -> None:
    recording = RecordingEndpoint()
    async with serving(recording, Limits(message=1000, close_timeout=5)) as server:
        async with await Raw.upgraded(server.port) as raw:
            raw.writer.write(frame + bytes(200_000))  # bytes after the fault are not read
            assert await raw.close_code() == code
            assert await raw.rest() == b""
        async with asyncio.timeout(60):
            await recording.last.gone.wait()
    assert recording.last.ending is not None
    assert recording.last.ending[0] == code


async def test_a_peer_that_does_not_answer_the_close_is_cut_off() -> None:
    recording = RecordingEndpoint()
    async with (
        serving(recording, Limits(close_timeout=0.1)) as server,
        await Raw.upgraded(server.port) as raw,
    ):
        recording.last.socket.close(1000)
        assert await raw.close_code() == 1000
        async with asyncio.timeout(60):
            await recording.last.gone.wait()


class Failing(Recorder):
    def text_received(self, payload: bytes) -> None:
        raise RuntimeError(payload.decode())

    def flushed(self) -> None:
        if self.binaries:
            raise RuntimeError("secret")


async def test_S21_a_failing_handler_closes_with_1011_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = RecordingEndpoint(Failing)
    async with serving(recording) as server:
        for sent in ("secret", b"secret"):
            async with connect(server.url) as client:
                await client.send(sent)
                await client.wait_closed()
                assert (client.close_code, client.close_reason) == (1011, "internal error")
            await recording.last.gone.wait()
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.name for record in errors] == ["backchannel.transports.websocket"] * 2


async def test_all_frames_of_a_loop_turn_are_sent_in_one_write() -> None:
    recording = RecordingEndpoint()
    async with serving(recording) as server, await Raw.upgraded(server.port) as raw:
        written: list[bytes] = []
        socket = recording.last.socket
        assert isinstance(socket, WebSocket)
        write = socket._transport.write

        class Spy:
            def __getattr__(self, name: str) -> object:
                return getattr(transport, name)

            def write(self, data: bytes) -> None:
                written.append(data)
                write(data)

        transport, socket._transport = socket._transport, Spy()  # type: ignore[assignment]
        flushes = recording.last.flushes
        for number in range(50):
            socket.send_text(b"%d" % number)
        assert socket.backlog > 50 * 3
        for number in range(50):
            assert await raw.frame() == (0x81, b"%d" % number)
        assert len(written) == 1
        assert socket.backlog == 0
        assert recording.last.flushes == flushes + 1


async def test_nagles_algorithm_is_off() -> None:
    recording = RecordingEndpoint()
    async with serving(recording) as server, await Raw.upgraded(server.port):
        socket = recording.last.socket
        assert isinstance(socket, WebSocket)
        sock = socket._transport.get_extra_info("socket")
        assert sock.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY)


@pytest.mark.timed
async def test_R16_dead_peer_is_noticed() -> None:
    recording = RecordingEndpoint()
    loop = asyncio.get_running_loop()
    async with (
        serving(recording, Limits(ping_interval=0.2, ping_timeout=0.1)) as server,
        await Raw.upgraded(server.port) as raw,
    ):
        since = loop.time()
        assert await raw.frame() == (0x89, b"")
        assert await raw.close_code() == 1011
        await recording.last.gone.wait()
        assert 0.1 < loop.time() - since < 5
    assert recording.last.ending == (1006, "ping timeout")


@pytest.mark.timed
@pytest.mark.parametrize("alive", ["answers pings", "only talks"])
async def test_R16_a_responsive_peer_stays_connected(alive: str) -> None:
    limits = Limits(ping_interval=0.1, ping_timeout=0.05)
    async with serving(RecordingEndpoint(), limits) as server:
        if alive == "answers pings":
            async with connect(server.url, ping_interval=None) as client:
                await asyncio.sleep(0.5)
                await client.send("still here")
                assert await client.recv() == "still here"
        else:
            async with await Raw.upgraded(server.port) as raw:
                for _ in range(25):
                    raw.send(Opcode.PONG, b"unasked")
                    await asyncio.sleep(0.02)
                raw.send(Opcode.TEXT, b"still here")
                while (await raw.frame())[0] == 0x89:
                    continue


async def test_R12_drain_closes_with_1012() -> None:
    """A client that answers is closed at once, any other after the grace period."""
    recording = RecordingEndpoint()
    limits = Limits(drain_grace=0.3, drain_jitter=4)
    ws = websocket_protocol({"/": recording}, limits)
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(hello, ws=ws, http=http_protocol(), log_config=None)
        server = uvicorn.Server(config)
        serving_task = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        port = listener.getsockname()[1]
        async with (
            connect(f"ws://127.0.0.1:{port}/") as polite,
            await Raw.upgraded(port) as stalled,
        ):
            server.should_exit = True
            with pytest.raises(ConnectionClosed):
                await polite.recv()
            assert polite.close_code == 1012
            hint = re.fullmatch(r"restarting; reconnect in (\d\.\d) s", polite.close_reason or "")
            assert hint is not None
            assert 0 < float(hint[1]) <= 4
            assert await stalled.close_code() == 1012
            async with asyncio.timeout(60):
                await serving_task
    assert [handler.ending and handler.ending[0] for handler in recording.handlers] == [1012, 1012]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def transients() -> list[object]:
    """An object that lives as long as its connection."""
    kinds = WebSocket, Upgrade, HttpProtocol
    # By the type: `isinstance` on a driver's proxy uses an object that may be gone.
    return [each for each in gc.get_objects() if issubclass(type(each), kinds)]


async def test_R21_descriptors_tasks_and_protocols_return_to_the_baseline() -> None:
    """Tasks do too, and no protocol object is left, without the garbage collector."""
    recording = RecordingEndpoint()
    async with serving(recording) as server:
        await (await Raw.upgraded(server.port)).__aexit__()
        await eventually(lambda: not server.state.connections)
        gc.collect()
        gc.disable()
        others = transients()  # of servers that ended before
        descriptors, tasks = open_files(), len(asyncio.all_tasks())
        for _ in range(10):
            raws = [await Raw.upgraded(server.port) for _ in range(20)]
            for number, raw in enumerate(raws):
                if number % 4 == 0:
                    raw.send(Opcode.CLOSE, b"\x03\xe8")
                    await raw.rest()
                elif number % 4 == 1:
                    raw.writer.write(b"\xff\xff")
                    await raw.rest()
                raw.writer.close()
            await eventually(lambda: not server.state.connections)
        del raw, raws
        for handler in recording.handlers:
            del handler.socket
        left = [each for each in transients() if not any(each is other for other in others)]
        gc.enable()
        assert not left
        await eventually(lambda: open_files() <= descriptors)
        assert len(asyncio.all_tasks()) <= tasks
