"""Request heads: the version, the target and the Host (RFC 9112), and offers of other protocols."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.transports.harness import Raw, RecordingEndpoint, Served, serving

WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
BODY = b"x" * 70_000
H2C = b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the host, the target, the fields' names and the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    fields = scope["headers"]
    hosts = b",".join(value for name, value in fields if name == b"host")
    names = b",".join(sorted(name for name, _ in fields))
    query = scope["query_string"]
    body = b"%s %s?%s %d %s" % (hosts, scope["path"].encode(), query, length, names)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def echoing() -> AsyncIterator[Served]:
    async with serving(app=echo) as server:
        yield server


async def answer(server: Served, *parts: bytes) -> tuple[int, bytes]:
    """Send a request in parts on a new connection; return the status and the body."""
    async with await Raw.connect(server.port) as raw:
        for part in parts:
            raw.writer.write(part)
            await raw.writer.drain()
        head = await raw.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        return int(head.split()[1]), await raw.reader.readexactly(length)


@pytest.mark.parametrize(
    "offer",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\n" + H2C,
        b"Connection: HTTP2-Settings\r\nConnection: upgrade\r\n" + H2C,
        b"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        b"Connection: Upgrade\r\nUpgrade: foo/2, bar\r\n",
        b"Connection: Upgrade\r\nUpgrade: WebSocketX\r\n",
    ],
)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
async def test_an_upgrade_offer_is_ignored_and_the_body_is_read(
    offer: bytes, *, chunked: bool
) -> None:
    length = b"Content-Length: %d\r\n\r\n" % len(BODY)
    body = BODY
    if chunked:
        length = b"Transfer-Encoding: chunked\r\n\r\n"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = b"POST /a?b=c HTTP/1.1\r\nHost: chat.example\r\n" + offer + length
    async with echoing() as server:
        for parts in ([head + body], [head, body[:9], body[9:]]):
            status, echoed = await answer(server, *parts)
            assert status == 200
            assert echoed.startswith(b"chat.example /a?b=c 70000 ")
            assert b"upgrade" not in echoed


async def test_requests_that_offer_another_protocol_share_a_connection() -> None:
    request = b"POST / HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\n" + H2C
    async with echoing() as server, await Raw.connect(server.port) as raw:
        for length in (3, 0, 70_000):
            raw.writer.write(request + b"Content-Length: %d\r\n\r\n" % length + b"x" * length)
        for length in (3, 0, 70_000):
            head = await raw.reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].split()[0])
            assert (b" %d " % length) in await raw.reader.readexactly(size)


async def test_a_websocket_may_be_one_offer_among_others() -> None:
    request = "GET / HTTP/1.1\r\nHost: chat.example\r\n" + WEBSOCKET
    offers = ("h2c, websocket", "websocket\r\nUpgrade: h2c", "WEBSOCKET")
    async with serving() as server:
        for offered in offers:
            async with await Raw.connect(server.port) as raw:
                raw.writer.write(request.replace(": websocket", f": {offered}").encode())
                assert (await raw.reader.readline()).split()[1] == b"101"


@pytest.mark.parametrize(
    ("hosts", "version", "status"),
    [
        (["chat.example"], "1.1", 200),
        (["chat.example:8000"], "1.1", 200),
        (["[::1]:8000"], "1.1", 200),
        (["a_b.example."], "1.1", 200),
        ([], "1.0", 200),
        ([], "1.1", 400),
        (["chat.example", "chat.example"], "1.1", 400),
        (["chat.example", "evil.example"], "1.1", 400),
        (["chat.example", "evil.example"], "1.0", 400),
        ([""], "1.1", 400),
        (["chat.example, evil.example"], "1.1", 400),
        (["chat.example/evil"], "1.1", 400),
        (["evil@chat.example"], "1.1", 400),
        (["chat.example:port"], "1.1", 400),
        (["chat.example:70000"], "1.1", 400),
        (["[::1"], "1.1", 400),
        (["[:::1]"], "1.1", 400),
        (["::1"], "1.1", 400),
        (["chät.example"], "1.1", 400),
        (["chat example"], "1.1", 400),
    ],
)
@pytest.mark.parametrize("upgrade", [False, True], ids=["request", "upgrade"])
async def test_S14_a_request_has_one_valid_host(
    hosts: list[str], version: str, status: int, *, upgrade: bool
) -> None:
    fields = "".join(f"Host: {host}\r\n" for host in hosts)
    request = f"GET / HTTP/{version}\r\n{fields}" + (WEBSOCKET if upgrade else "\r\n")
    if upgrade:
        status = 101 if status == 200 and version == "1.1" else 400
    async with echoing() as server, await Raw.connect(server.port) as raw:
        raw.writer.write(request.encode("latin-1"))
        assert int((await raw.reader.readline()).split()[1]) == status


async def test_S14_a_trailer_does_not_count_as_a_header() -> None:
    request = b"POST / HTTP/1.1\r\nHost: chat.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with echoing() as server:
        status, echoed = await answer(
            server, request + b"2\r\nhi\r\n0\r\nHost: evil.example\r\nAuthorization: x\r\n\r\n"
        )
    assert (status, echoed) == (200, b"chat.example /? 2 host,transfer-encoding")


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("http://chat.example/a?b=c", "chat.example", "/a?b=c"),
        ("HTTPS://Chat.example:443", "Chat.example:443", "/?"),
        ("http://chat.example?b=c", "chat.example", "/?b=c"),
        ("http://[::1]:80/", "[::1]:80", "/?"),
    ],
)
async def test_S14_the_host_of_an_absolute_target_counts(target: str, host: str, path: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    async with echoing() as server:
        assert await answer(server, request.encode()) == (200, f"{host} {path} 0 host".encode())


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
async def test_an_upgrade_may_have_an_absolute_target(scheme: str) -> None:
    recording = RecordingEndpoint()
    request = f"GET {scheme}://chat.example/?device=7 HTTP/1.1\r\nHost: evil.example\r\n"
    async with serving(recording, hosts=["chat.example"]) as server:
        async with await Raw.connect(server.port) as raw:
            raw.writer.write((request + WEBSOCKET).encode())
            assert (await raw.reader.readline()).split()[1] == b"101"
        (seen,) = recording.requests
        assert (seen.path, seen.query, seen.headers["host"]) == ("/", "device=7", "chat.example")


@pytest.mark.parametrize(
    "target", ["ftp://chat.example/", "http:///a", "http://a@chat.example/", "chat.example:80"]
)
async def test_invalid_request_targets_are_400(target: str) -> None:
    async with echoing() as server:
        request = f"GET {target} HTTP/1.1\r\nHost: chat.example\r\n\r\n"
        assert (await answer(server, request.encode()))[0] == 400


async def test_options_with_an_asterisk_is_accepted() -> None:
    async with echoing() as server:
        status, echoed = await answer(server, b"OPTIONS * HTTP/1.1\r\nHost: chat.example\r\n\r\n")
        assert (status, echoed.split()[1]) == (200, b"/?")
        assert (await answer(server, b"GET * HTTP/1.1\r\nHost: a\r\n\r\n"))[0] == 400


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /", 400),
        ("GET / HTTP/0.9", 400),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/1.2", 400),
        ("GET / HTTP/11", 400),
        ("GET / ICE/1.0", 400),
    ],
)
async def test_other_http_versions_are_refused(line: str, status: int) -> None:
    async with echoing() as server:
        assert (await answer(server, f"{line}\r\nHost: chat.example\r\n\r\n".encode()))[0] == status
        assert (await answer(server, f"{line}\r\n\r\n".encode()))[0] == status


async def test_a_refusal_says_what_is_wrong() -> None:
    async with echoing() as server:
        status, text = await answer(server, b"GET / HTTP/1.1\r\n\r\n")
    assert (status, text) == (400, b"the Host header is missing")
