"""The opening handshake over a real socket (RFC 6455, section 4.2)."""

import asyncio
import logging
from collections.abc import Iterable
from ipaddress import ip_network

import pytest

from backchannel.transports.websocket.endpoint import Accepted, Limits, Refused, UpgradeRequest
from backchannel.transports.websocket.handshake import accept_token, subprotocols
from tests.transports.harness import (
    UPGRADE,
    Raw,
    Recorder,
    RecordingEndpoint,
    Served,
    eventually,
    serving,
)

REQUEST = UPGRADE.format(path="/", extra="")


async def answer(server: Served, request: str) -> tuple[int, bytes]:
    """Return the status and the whole response."""
    async with await Raw.connect(server.port) as raw:
        raw.writer.write(request.encode("latin-1"))
        received = await raw.reader.readuntil(b"\r\n\r\n")
        status = int(received.split()[1])
        return status, received if status == 101 else received + await raw.rest()


def test_the_accept_token_matches_the_example_of_the_rfc() -> None:
    assert accept_token("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        pytest.param("", "", 101, id="as it should be"),
        pytest.param("websocket\r\n", "WebSocket\r\n", 101, id="upgrade in capitals"),
        pytest.param("GET / ", "GET /nowhere ", 404, id="unknown path"),
        pytest.param("GET / ", "POST / ", 400, id="POST"),
        pytest.param("HTTP/1.1", "HTTP/1.0", 400, id="HTTP/1.0"),
        pytest.param("Host: chat.example\r\n", "", 400, id="no Host"),
        pytest.param("Version: 13", "Version: 8", 426, id="version 8"),
        pytest.param("Version: 13", "Versions: 13", 426, id="no version"),
        pytest.param("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400, id="short key"),
        pytest.param("dGhlIHNhbXBsZSBub25jZQ==", "not base64!", 400, id="key not base64"),
        pytest.param("Sec-WebSocket-Key:", "X-Key:", 400, id="no key"),
        pytest.param(
            "\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400, id="2 keys"
        ),
        pytest.param("\r\n\r\n", "\r\nSec-WebSocket-Extensions: a b\r\n\r\n", 101, id="no deflate"),
    ],
)
async def test_only_a_valid_upgrade_is_answered_with_101(old: str, new: str, status: int) -> None:
    async with serving() as server:
        assert (await answer(server, REQUEST.replace(old, new, 1)))[0] == status


async def test_a_wrong_version_is_answered_with_the_supported_one() -> None:
    async with serving() as server:
        _, received = await answer(server, REQUEST.replace("Version: 13", "Version: 7"))
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in received


async def test_the_endpoint_gets_the_request_and_sets_the_response() -> None:
    seen: list[UpgradeRequest] = []
    handler = Recorder()

    async def endpoint(request: UpgradeRequest) -> Accepted:
        seen.append(request)
        return Accepted(handler, subprotocol="chat.v2", headers=(("X-Node", "a"),))

    async with serving(endpoint) as server:
        extra = "Sec-WebSocket-Protocol: chat.v2, chat.v1\r\nAuthorization: Bearer t\r\n"
        async with await Raw.connect(server.port) as raw:
            head = await raw.upgrade(extra, "/?device=7")
            assert b"\r\nSec-WebSocket-Protocol: chat.v2\r\n" in head
            assert b"\r\nX-Node: a\r\n" in head
            (request,) = seen
            assert (request.path, request.query) == ("/", "device=7")
            assert request.subprotocols == ("chat.v2", "chat.v1")
            assert request.headers["authorization"] == "Bearer t"
            assert request.client == raw.writer.get_extra_info("sockname")
            assert not request.secure
            # the open socket keeps no reference to the request
            assert handler.socket.request.client == request.client
            assert not handler.socket.request.headers


def test_subprotocols_are_split_and_empty_ones_dropped() -> None:
    assert subprotocols({"sec-websocket-protocol": "a, ,b,"}) == ("a", "b")
    assert subprotocols({}) == ()


async def test_an_endpoint_may_refuse() -> None:
    async def endpoint(request: UpgradeRequest) -> Refused:
        return Refused(401, b'{"code":"unauthorized"}', (("Content-Type", "application/json"),))

    async with serving(endpoint) as server:
        status, received = await answer(server, REQUEST)
    assert status == 401
    assert b"\r\nContent-Type: application/json\r\n" in received
    assert received.endswith(b'{"code":"unauthorized"}')


async def test_a_failing_endpoint_is_500_and_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    async def endpoint(request: UpgradeRequest) -> Refused:
        raise RuntimeError("the database password is 1234")

    async with serving(endpoint) as server:
        status, received = await answer(server, REQUEST)
    assert status == 500
    assert b"1234" not in received
    assert [record.name for record in caplog.records if record.levelno >= logging.ERROR] == [
        "backchannel.transports.websocket"
    ]


async def test_headers_that_cannot_be_sent_are_500(caplog: pytest.LogCaptureFixture) -> None:
    async def endpoint(request: UpgradeRequest) -> Accepted:
        return Accepted(Recorder(), headers=(("X-Name", "a\r\nSet-Cookie: b"),))

    async with serving(endpoint) as server:
        status, received = await answer(server, REQUEST)
    assert status == 500
    assert b"Set-Cookie" not in received
    assert len(caplog.records) == 1


async def test_a_slow_endpoint_is_503_with_retry_after() -> None:
    async def endpoint(request: UpgradeRequest) -> Refused:
        await asyncio.sleep(60)
        raise AssertionError

    async with serving(endpoint, Limits(handshake_timeout=0.05)) as server:
        status, received = await answer(server, REQUEST)
    assert status == 503
    assert b"\r\nRetry-After: " in received


async def test_a_client_that_leaves_ends_its_endpoint() -> None:
    ended = asyncio.Event()

    async def endpoint(request: UpgradeRequest) -> Refused:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        raise AssertionError

    async with serving(endpoint) as server:
        async with await Raw.connect(server.port) as raw:
            raw.writer.write(REQUEST.encode())
            await asyncio.sleep(0.02)
        async with asyncio.timeout(60):
            await ended.wait()
        await eventually(lambda: not server.state.connections)


async def test_messages_sent_before_the_answer_are_not_lost() -> None:
    """They arrive in one segment with the request, while the endpoint has not answered yet."""
    handler = Recorder()

    async def endpoint(request: UpgradeRequest) -> Accepted:
        await asyncio.sleep(0.05)
        return Accepted(handler)

    early = b"\x81\x82\0\0\0\0hi"
    async with serving(endpoint) as server, await Raw.connect(server.port) as raw:
        raw.writer.write(REQUEST.encode() + early)
        await asyncio.sleep(0.02)
        raw.writer.write(early * 40_000)  # more than is buffered: the rest waits in the kernel
        await raw.reader.readuntil(b"\r\n\r\n")
        for _ in range(40_001):
            assert await raw.frame() == (0x81, b"hi")
    assert len(handler.texts) == 40_001


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("https://app.example", 101),
        ("http://chat.example", 101),
        ("https://chat.example", 101),
        ("https://CHAT.example:443", 101),
        ("http://app.example", 403),
        ("https://app.example:8443", 403),
        ("https://app.example.evil.example", 403),
        ("https://chat.example:8443", 403),
        ("https://chat.example@evil.example", 403),
        ("file://", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_S13_foreign_origin_is_refused(origin: str | None, status: int) -> None:
    recording = RecordingEndpoint()
    extra = "" if origin is None else f"Origin: {origin}\r\n"
    async with serving(recording, origins=["https://app.example"]) as server:
        assert (await answer(server, UPGRADE.format(path="/", extra=extra)))[0] == status
    assert len(recording.requests) == (status == 101)


@pytest.mark.parametrize(
    ("scheme", "proto", "status"),
    [
        ("http", "http", 101),
        ("https", "https", 101),
        ("http", "https", 403),
        ("https", "http", 101),  # a proxy that ends TLS need not say so
    ],
)
async def test_S13_an_http_page_may_not_open_a_socket_over_tls(
    scheme: str, proto: str, status: int
) -> None:
    extra = f"Origin: {scheme}://chat.example\r\nX-Forwarded-Proto: {proto}\r\n"
    async with serving(RecordingEndpoint(), trusted_proxies=[ip_network("127.0.0.0/8")]) as server:
        assert (await answer(server, UPGRADE.format(path="/", extra=extra)))[0] == status


async def test_a_wildcard_admits_every_origin() -> None:
    async with serving(RecordingEndpoint(), origins=["*"]) as server:
        extra = "Origin: http://anywhere.example\r\n"
        assert (await answer(server, UPGRADE.format(path="/", extra=extra)))[0] == 101


async def test_S18_sockets_per_address_and_process_are_capped() -> None:
    async def statuses(limits: Limits, addresses: Iterable[str]) -> list[int]:
        trusted = [ip_network("127.0.0.0/8")]
        async with serving(RecordingEndpoint(), limits, trusted_proxies=trusted) as server:
            clients = [await Raw.connect(server.port) for _ in addresses]
            heads = [
                await raw.upgrade(f"X-Forwarded-For: {address}\r\n")
                for raw, address in zip(clients, addresses, strict=True)
            ]
            for raw in clients:
                raw.writer.transport.abort()
            await eventually(lambda: not server.state.connections)
            # all connections are available again
            async with await Raw.connect(server.port) as raw:
                assert b" 101 " in await raw.upgrade(
                    f"X-Forwarded-For: {next(iter(addresses))}\r\n"
                )
        assert all(b"Retry-After" in head for head in heads if b" 503 " in head)
        return [int(head.split()[1]) for head in heads]

    per_address = Limits(sockets_per_address=2)
    assert await statuses(per_address, ["192.0.2.1"] * 3 + ["192.0.2.2"]) == [101, 101, 503, 101]
    # one customer's IPv6 addresses are one address
    ipv6 = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
    assert await statuses(per_address, ipv6) == [101, 101, 503]
    assert await statuses(Limits(sockets=1), ["192.0.2.1", "192.0.2.2"]) == [101, 503]
