"""HTTP connections that are too big, too slow or too many, and those that are served."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import http_protocol
from tests.transports.harness import Raw, eventually, hello, serving
from tests.transports.harness import Served as Server

pytestmark = pytest.mark.timed  # deadlines are short here

GET = b"GET / HTTP/1.1\r\nHost: chat.example\r\n"
POST = b"POST / HTTP/1.1\r\nHost: chat.example\r\n"
WHOLE = GET + b"\r\n"
SLACK = 0.6  # a deadline may be overrun by a sweep's tick, and machines are busy

SHORT = HttpLimits(
    head_timeout=0.3, body_timeout=0.3, write_timeout=0.3, head_size=2000, body_size=10_000
)


@asynccontextmanager
async def http(limits: HttpLimits = SHORT, app: Any = hello) -> AsyncIterator[Server]:
    async with serving(http=http_protocol(limits), app=app) as server:
        yield server


async def status(server: Server, *parts: bytes) -> int:
    """Send a request in parts and return the answer's status."""
    async with await Raw.connect(server.port) as raw:
        answer = asyncio.create_task(raw.rest())
        for part in parts:
            if not answer.done():
                raw.writer.write(part)
                await asyncio.wait([answer], timeout=0.001)
        return int((await answer).split()[1])


async def is_served(server: Server) -> bool:
    async with asyncio.timeout(60):
        return await status(server, GET + b"Connection: close\r\n\r\n") == 200


async def trickle(raw: Raw, pieces: Iterable[bytes]) -> float:
    """Send a piece every 50 ms until the server disconnects; return how long that took."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    ended = asyncio.create_task(raw.rest())
    for piece in pieces:
        raw.writer.write(piece)
        await asyncio.wait([ended], timeout=0.05)
        if ended.done():
            break
    await ended
    return loop.time() - since


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GET, id="fields"),
        pytest.param(WHOLE, id="a second request"),
    ],
)
async def test_S18_header_deadline_closes_slow_client(first: bytes) -> None:
    async with http() as server, await Raw.connect(server.port) as raw:
        raw.writer.write(first)
        if first == WHOLE:
            await raw.reader.readexactly(1)
            raw.writer.write(GET)
        slow = asyncio.create_task(trickle(raw, [b"X-A: b\r\n"] * 100 if first else [b""] * 100))
        assert await is_served(server)
        assert 0.2 < await slow < SHORT.head_timeout + SLACK


async def test_uvicorns_own_protocol_waits_where_ours_does_not() -> None:
    """The control for the test above, which fails with uvicorn's protocol."""
    async with serving(http=HttpToolsProtocol) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(GET)
        async with asyncio.timeout(5):
            ended = asyncio.create_task(trickle(raw, [b"X-A: b\r\n"] * 30))
            await asyncio.wait([ended], timeout=SHORT.head_timeout + SLACK)
        assert not ended.done()
        ended.cancel()


async def test_S18_a_client_that_sends_empty_lines_forever_is_closed() -> None:
    async with http() as server, await Raw.connect(server.port) as raw:
        assert await trickle(raw, [b"\r\n"] * 100) < SHORT.head_timeout + SLACK


async def test_S18_body_deadline_closes_slow_client() -> None:
    async with http() as server, await Raw.connect(server.port) as raw:
        raw.writer.write(POST + b"Content-Length: 1000\r\n\r\n")
        slow = asyncio.create_task(trickle(raw, [b"x"] * 1000))
        assert await is_served(server)
        assert 0.2 < await slow < SHORT.body_timeout + SLACK


async def test_a_body_at_the_required_rate_may_exceed_the_deadline() -> None:
    limits = HttpLimits(body_timeout=0.05, body_rate=10)
    async with http(limits) as server:
        body = [b"x" * 20] * 60
        head = POST + b"Connection: close\r\nContent-Length: 1200\r\n\r\n"
        assert await status(server, head, *body) == 200


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        pytest.param(GET, b"Connection: close\r\n\r\n", id="head"),
        pytest.param(POST + b"Connection: close\r\nContent-Length: 2\r\n\r\na", b"b", id="body"),
        pytest.param(WHOLE, GET + b"Connection: close\r\n\r\n", id="another request"),
    ],
)
def test_what_waits_in_the_socket_of_a_stalled_server_is_in_time(first: bytes, rest: bytes) -> None:
    async def stall() -> bytes:
        async with http() as server, await Raw.connect(server.port) as raw:
            raw.writer.write(first)
            await asyncio.sleep(0.1)
            connection = raw.writer.get_extra_info("socket").fileno()
            asyncio.get_running_loop().add_reader(stalling, stand_still, connection)
            wake.send(b"a")
            return await raw.rest()

    def stand_still(connection: int) -> None:
        stalling.recv(1)
        os.write(connection, rest)
        time.sleep(5.5 if first == WHOLE else 1)  # uvicorn keeps an idle connection for 5 s

    stalling, wake = socket.socketpair()
    with stalling, wake:
        answers = uvloop.run(stall())  # this loop then calls timers before it reads
    assert answers.count(b"HTTP/1.1 200 ") == 1 + (first == WHOLE), answers


async def test_S18_slow_read_is_closed() -> None:
    async def endless(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})

    async with (
        http(app=endless) as server,
        await Raw.connect(server.port, receive_buffer=4096) as raw,
    ):
        raw.stop_reading()
        raw.writer.write(WHOLE)
        await eventually(lambda: len(server.state.tasks) == 1)
        await eventually(lambda: not server.state.connections, SHORT.write_timeout + SLACK + 1)


async def test_S18_oversized_headers_are_431() -> None:
    async with http(HttpLimits(head_size=2000)) as server:
        assert await status(server, GET + b"X: " + b"a" * 3000 + b"\r\n\r\n") == 431
        assert await status(server, GET + b"X: " + b"a" * 1500, b"a" * 1500) == 431
        assert await status(server, b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n\r\n") == 431
        assert await status(server, GET, *[b"X: abcdefgh\r\n"] * 160) == 431
        assert await status(server, GET + b"X: a\r\nConnection: close\r\n\r\n") == 200


async def test_S18_a_long_target_is_414_and_many_fields_are_431() -> None:
    async with http(HttpLimits(target_size=2000, fields=100)) as server:
        get, end = b"GET /?%b HTTP/1.1\r\nHost: a\r\n", b"Connection: close\r\n\r\n"
        assert await status(server, get % (b"a&" * 990) + end) == 200
        assert await status(server, get % (b"a&" * 1000) + end) == 414
        assert await status(server, b"GET /?" + b"a" * 1500, b"a" * 1500) == 414
        assert await status(server, get % b"" + b"a:\r\n" * 98 + end) == 200
        assert await status(server, get % b"" + b"a:\r\n" * 99 + end) == 431
        kind = b"Content-Type: a/b" + b";a=b" * 255
        assert await status(server, get % b"" + kind + b"\r\n" + end) == 200
        assert await status(server, get % b"" + kind + b";a=b\r\n" + end) == 431


async def test_S18_an_oversized_body_is_413() -> None:
    async with http() as server:
        announced = POST + b"Content-Length: 10001\r\n\r\n"
        assert await status(server, announced, b"x" * 10_001) == 413
        chunk = b"1388\r\n" + b"x" * 5000 + b"\r\n"
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        assert await status(server, chunked, chunk, chunk, chunk) == 413
        exact = POST + b"Connection: close\r\nContent-Length: 10000\r\n\r\n"
        assert await status(server, exact, b"x" * 10_000) == 200


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (GET + b"X: " + b"a" * 2000, b"a request line and fields may have at most 2,000 bytes"),
        (GET + b"a:\r\n" * 300, b"a request may have at most 256 header fields"),
        (POST + b"Content-Length: 10001\r\n\r\n", b"a body may have at most 10,000 bytes"),
    ],
)
async def test_the_refusal_of_a_large_request_names_the_limit(request_: bytes, text: bytes) -> None:
    async with http() as server, await Raw.connect(server.port) as raw:
        raw.writer.write(request_)
        assert text in await raw.rest()


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked\r\nTransfer-Encoding: chunked"])
async def test_S12_a_body_in_another_coding_is_refused(coding: bytes) -> None:
    async with http() as server:
        answer = await status(server, POST + b"Transfer-Encoding: %s\r\n\r\n0\r\n\r\n" % coding)
        assert answer in {400, 501}


@pytest.mark.parametrize(
    "request_",
    [
        b"HELO chat.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost chat.example\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        POST + b"Content-Length: -5\r\n\r\n",
        b"CONNECT chat.example:443 HTTP/1.1\r\nHost: chat.example\r\n\r\n",
    ],
)
async def test_a_malformed_request_is_400(request_: bytes) -> None:
    async with http() as server:
        assert await status(server, request_) == 400


async def test_S18_connections_per_address_and_process_are_capped() -> None:
    for limits in (HttpLimits(connections=2), HttpLimits(connections_per_address=2)):
        async with http(limits) as server:
            first, second = [await Raw.connect(server.port) for _ in range(2)]
            await eventually(lambda: len(server.state.connections) == 2)
            async with await Raw.connect(server.port) as third:
                refusal = await third.rest()
            assert refusal.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: " in refusal
            async with first, second:
                await asyncio.sleep(0)
            await eventually(lambda: not server.state.connections)
            assert await is_served(server)


async def test_requests_are_served_in_order_on_one_connection() -> None:
    async with http() as server, await Raw.connect(server.port) as raw:
        for length in (0, 5, 9000):
            raw.writer.write(POST + b"Content-Length: %d\r\n\r\n" % length + b"x" * length)
        for length in (0, 5, 9000):
            await raw.reader.readuntil(b"\r\n\r\n")
            expected = b"%d" % length
            assert await raw.reader.readexactly(len(expected)) == expected


async def test_an_upgrade_behind_an_unanswered_request_is_cut() -> None:
    async def never(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue

    async with http(app=never) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(WHOLE + GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert await raw.rest() == b""


async def test_other_upgrades_are_answered_by_the_application() -> None:
    async with http() as server:
        h2c = GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
        assert await status(server, h2c) == 200


async def test_S21_a_failing_application_is_500_without_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("secret")

    caplog.set_level(logging.CRITICAL)
    async with http(app=broken) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(WHOLE)
        answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in answer
