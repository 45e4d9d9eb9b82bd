"""Bodies in small parts are paid for by their number (rules R14, S18)."""

import asyncio
import ipaddress
import time
from typing import Any

import pytest

from backchannel.budgets.held import HeldBytes, Holder
from backchannel.transports.http.limits import TURN, HttpLimits
from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.http.service import BURST, PART_COST
from tests.transports.harness import Raw, Served, serving

pytestmark = pytest.mark.timed

POST = b"POST / HTTP/1.1\r\nHost: chat.example\r\nTransfer-Encoding: chunked\r\n"
TINY = b"1\r\nx\r\n"
END = b"0\r\n\r\n"
TURNS_A_SECOND = 4
LIMITS = HttpLimits(read_rate=TURNS_A_SECOND * TURN * PART_COST, body_timeout=0.3)
FREE = BURST * TURNS_A_SECOND
"""Turns within the burst."""


class Largest(HeldBytes):
    """Records the most bytes that were held at a time."""

    largest = 0

    def hold(self, holder: Holder, size: int) -> None:
        super().hold(holder, size)
        self.largest = max(self.largest, self.total)


async def read_all(_: Any, receive: Any, send: Any) -> None:
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message["more_body"]
    body = b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def duration(server: Served, *sent: bytes, headers: bytes = b"") -> float:
    """Send a body and return how long its answer took."""
    body = b"".join(sent)
    began = time.monotonic()
    async with await Raw.connect(server.port) as raw:
        raw.writer.write(POST + headers + b"Connection: close\r\n\r\n" + body + END)
        answer = await raw.rest()
    assert answer.split()[1] == b"200"
    assert int(answer.rsplit(b"\r\n", 1)[1]) == body.count(b"x")
    return time.monotonic() - began


async def test_S18_a_flood_of_tiny_chunks_is_slowed() -> None:
    async with serving(http=http_protocol(LIMITS), app=read_all) as server:
        assert await duration(server, TINY * (TURN * FREE)) < 0.5
        assert await duration(server, TINY * (TURN * TURNS_A_SECOND)) > 0.7
        assert await duration(server, TINY * 3) < 0.5, "a few chunks are not counted"


async def test_S18_chunks_in_separate_packets_count_as_well() -> None:
    async with serving(http=http_protocol(LIMITS), app=read_all) as server:
        await duration(server, TINY * (TURN * FREE))
        async with await Raw.connect(server.port) as raw:
            raw.writer.write(POST + b"Connection: close\r\n\r\n")
            began = time.monotonic()
            for _ in range(2 * TURNS_A_SECOND):
                raw.writer.write(TINY * (TURN // 2))
                await asyncio.sleep(0.02)
            raw.writer.write(END)
            await raw.rest()
        assert time.monotonic() - began > 0.7


async def test_large_chunks_are_not_counted() -> None:
    chunk = b"2000\r\n" + b"x" * 8_192 + b"\r\n"
    async with serving(http=http_protocol(LIMITS), app=read_all) as server:
        for _ in range(3):
            assert await duration(server, chunk * (TURN * FREE // 8)) < 0.5


async def test_S18_behind_a_proxy_the_client_pays() -> None:
    http = http_protocol(LIMITS, trusted_proxies=[ipaddress.ip_network("127.0.0.0/8")])
    flood = TINY * (TURN * (FREE + TURNS_A_SECOND))
    async with serving(http=http, app=read_all) as server:
        assert await duration(server, flood, headers=b"X-Forwarded-For: 192.0.2.1\r\n") > 0.7
        small = TINY * TURN
        assert await duration(server, small, headers=b"X-Forwarded-For: 192.0.2.2\r\n") < 0.5


async def test_R13_at_most_one_read_is_buffered() -> None:
    """Although the application asks for more of the body after each part."""
    held = Largest()
    http = http_protocol(held_before_login=held)
    async with serving(http=http, app=read_all) as server:
        await duration(server, TINY * 500_000)
    assert 0 < held.largest < 1 << 20
