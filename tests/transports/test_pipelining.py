"""Many requests at once on one connection: answered in order, parsed when their turn comes."""

import asyncio
import logging
import tracemalloc
from typing import Any

import pytest

from backchannel.budgets.held import HeldBytes
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import http_protocol
from tests.support.steps import measured_steps
from tests.transports.harness import Raw, eventually, serving

GET = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 5_000


class Gate:
    """An application that answers with the path, once the gate is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        await self.open.wait()
        body = scope["path"].encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def test_R4_pipelined_requests_are_all_answered_in_their_order() -> None:
    gate = Gate()
    gate.open.set()
    async with serving(app=gate) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(b"".join(GET % number for number in range(MANY)))
        raw.writer.write(b"GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await raw.rest()
    assert gate.asked == [*(f"/{number}" for number in range(MANY)), "/end"]


async def test_bodies_of_pipelined_requests_arrive_whole() -> None:
    sizes = [0, 1, 999, 1_024, 70_000, 3, 200_000, 5]
    got: list[int] = []

    async def count(scope: Any, receive: Any, send: Any) -> None:
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        got.append(length)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    head = b"POST / HTTP/1.1\r\nHost: a\r\n"
    whole = b"".join(head + b"Content-Length: %d\r\n\r\n" % size + b"x" * size for size in sizes)
    chunked = head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunked += b"1388\r\n" + b"y" * 5_000 + b"\r\n0\r\n\r\n"
    async with serving(app=count) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(whole + chunked)
        await raw.rest()
    assert got == [*sizes, 5_000]


async def test_R13_pipelined_requests_use_little_more_memory_than_their_bytes() -> None:
    gate = Gate()
    async with serving(app=gate) as server, await Raw.connect(server.port) as raw:
        tracemalloc.start()
        raw.writer.write(b"".join(GET % number for number in range(MANY)))
        await eventually(lambda: bool(gate.asked))
        await asyncio.sleep(0.1)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        gate.open.set()
        await eventually(lambda: len(gate.asked) == MANY)
    assert held < 1 << 20, "5,000 parsed requests would be some 8 MiB"


async def test_R13_clients_without_a_login_share_a_limit_of_held_bytes() -> None:
    gate, held = Gate(), HeldBytes(200_000)
    async with serving(http=http_protocol(held_before_login=held), app=gate) as server:
        raws = [await Raw.connect(server.port) for _ in range(4)]
        for raw in raws:
            raw.writer.write(b"".join(GET % number for number in range(MANY)))
        await eventually(lambda: len(gate.asked) == len(raws))
        await eventually(lambda: len(server.state.connections) < len(raws))
        assert held.total <= 200_000
        gate.open.set()
        for raw in raws:
            raw.writer.close()


async def test_S24_a_connection_lost_between_requests_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    with caplog.at_level(logging.WARNING):
        async with serving(app=gate) as server:
            raw = await Raw.connect(server.port)
            raw.writer.write(b"".join(GET % number for number in range(MANY)))
            await eventually(lambda: bool(gate.asked))
            raw.writer.transport.abort()
            gate.open.set()
            await eventually(lambda: not server.state.connections)
            await asyncio.sleep(0.1)
    assert caplog.records == []
    assert len(gate.asked) < MANY


async def test_a_request_that_waits_for_its_turn_is_not_taken_for_slow() -> None:
    gate = Gate()
    limits = HttpLimits(head_timeout=0.3)
    async with (
        serving(http=http_protocol(limits), app=gate) as server,
        await Raw.connect(server.port) as raw,
    ):
        raw.writer.write(GET % 1 + GET % 2 + (GET % 3)[:-4])
        await asyncio.sleep(1)
        gate.open.set()
        raw.writer.write(b"\r\nConnection: close\r\n\r\n")
        await raw.rest()
    assert gate.asked == ["/1", "/2", "/3"]


async def test_R13_a_body_of_tiny_chunks_is_read_in_turns() -> None:
    got: list[bytes] = []

    async def read(_: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        got.append(body + message["body"])
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"1\r\na\r\n" * 40_000
    whole = head + b"%x\r\n%b\r\n0\r\n\r\n" % (200_000, b"b" * 200_000)
    async with serving(app=read) as server, await Raw.connect(server.port) as raw:
        with measured_steps() as steps:
            raw.writer.write(head + chunks + b"0\r\n\r\n" + whole + head + chunks[:5])
            await eventually(lambda: len(got) == 2, 60)
            raw.writer.write(chunks[5:] + b"0\r\n\r\n")
            await eventually(lambda: len(got) == 3, 60)
    assert got == [b"a" * 40_000, b"b" * 200_000, b"a" * 40_000]
    assert steps.longest < 0.02, steps
