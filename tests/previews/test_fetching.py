"""Pages over real sockets: requests, addresses, and limits of size and time."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import h11
import pytest

from backchannel.budgets.pieces import PIECE
from backchannel.previews import fetching, previewer
from backchannel.previews.fetching import MOST_BYTES, Fetcher
from backchannel.previews.previewer import WebPreviewer
from backchannel.previews.targets import PublicResolver
from backchannel.settings.certificates import make_certificate
from tests.previews.web import Web, answer, fetcher, names, permits, redirect, serving

PAGE = answer("<title>Found</title>")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n"


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with serving() as opened:
        yield opened


@asynccontextmanager
async def looking(web: Web, **names: list[str]) -> AsyncIterator[WebPreviewer]:
    table = {f"{name}.test": addresses for name, addresses in names.items()}
    made = WebPreviewer({80, 443, web.port}, fetcher=fetcher(web, table))
    yield made
    await made.close()


async def title(web: Web, path: str = "/", **names: list[str]) -> str | None:
    async with looking(web, **names) as made:
        found = await made.preview(web.url(path))
    return found.title if found else None


async def test_the_request_contains_no_data_of_the_user(web: Web) -> None:
    web.pages["/a?b=c"] = PAGE
    async with looking(web) as made:
        found = await made.preview(web.url("/a?b=c#fragment"))
        assert found is not None
        assert (found.title, found.url) == ("Found", web.url("/a?b=c"))
        await made.preview(web.url("/a?b=c"))
    lines = web.requests[0].lower().split("\r\n")
    assert lines[0] == "get /a?b=c http/1.1"
    assert sorted(line for line in lines[1:] if line) == [
        "accept-encoding: identity",
        "accept: text/html",
        f"host: example.test:{web.port}",
        "user-agent: backchannel link preview",
    ]
    assert web.connections == 2


async def test_cookies_are_forgotten(web: Web) -> None:
    web.pages["/"] = answer(status=302, location="/next", set_cookie="a=b; path=/")
    web.pages["/next"] = answer("<title>Found</title>", set_cookie="c=d; path=/")
    async with looking(web) as made:
        for _ in range(2):
            assert await made.preview(web.url()) is not None
    assert not any("cookie" in request.lower() for request in web.requests)


async def test_a_proxy_in_the_environment_is_ignored(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    web.pages["/"] = PAGE
    assert await title(web) == "Found"


async def test_R13_a_page_is_parsed_in_pieces(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    receive = h11.Connection.receive_data

    def receive_data(connection: h11.Connection, data: bytes) -> None:
        parsed.append(len(data))
        receive(connection, data)

    monkeypatch.setattr(h11.Connection, "receive_data", receive_data)
    interim = b"HTTP/1.1 103 \r\n\r\n" * 10_000
    web.pages["/"] = interim + PAGE
    assert await title(web) == "Found"
    assert max(parsed) <= PIECE
    assert sum(parsed) > len(interim)


async def test_three_redirects_are_followed(web: Web) -> None:
    web.pages |= {f"/{n}": redirect(f"/{n + 1}", 301 + n % 2) for n in range(4)}
    web.pages["/4"] = PAGE
    assert await title(web, "/1") == "Found"
    assert await title(web, "/0") is None


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/secret",
        "http://inside.test:{port}/secret",
        "//inside.test:{port}/secret",
        "http://127.0.0.2:{port}/secret",
        "http://example.test:22/secret",
        "http://user@example.test:{port}/secret",
        "file:///etc/passwd",
        "gopher://example.test:{port}/secret",
        "http://[",
        "",
    ],
)
async def test_each_redirect_is_checked(web: Web, location: str) -> None:
    web.pages["/"] = redirect(location.format(port=web.port))
    web.pages["/secret"] = PAGE
    assert await title(web, inside=["10.0.0.1"]) is None
    assert not any("/secret" in request for request in web.requests)


async def test_dns_rebinding_does_not_reach_a_private_address(web: Web) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    web.pages["/"] = PAGE
    rebinding = Fetcher(PublicResolver(resolve, permits), {web.port})
    made = WebPreviewer({web.port}, fetcher=rebinding)
    assert await made.preview(web.url()) is not None
    assert asked == ["example.test"]
    assert await made.preview(web.url()) is None
    await made.close()
    assert web.connections == 1


async def test_the_next_address_is_tried(web: Web) -> None:
    web.pages["/"] = PAGE

    def both(address: object) -> bool:
        return str(address).startswith("127.")

    found = Fetcher(
        PublicResolver(names({"example.test": ["127.0.0.9", "127.0.0.1"]}), both), {web.port}
    )
    made = WebPreviewer({web.port}, fetcher=found)
    assert await made.preview(web.url()) is not None
    await made.close()


@pytest.mark.parametrize(
    "page",
    [
        answer("<title>x</title>", media_type="text/plain"),
        answer("<title>x</title>", media_type="application/xhtml+xml"),
        answer("<title>x</title>", media_type=""),
        answer("<title>x</title>", status=404),
        answer("<title>x</title>", status=500),
        answer("<title>x</title>", status=304),
        answer("<title>x</title>", content_encoding="gzip"),
        answer("no title"),
        answer(""),
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99\r\n\r\n<title>x",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_other_content_than_html_has_no_preview(web: Web, page: bytes) -> None:
    web.pages["/"] = page
    assert await title(web) is None


async def test_S18_only_the_first_512_KB_of_a_page_are_read(web: Web) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD + b"<title>Long</title>")
        while True:
            writer.write(b" " * 65_536)
            sent += 65_536
            await writer.drain()

    web.pages["/"] = endless
    assert await title(web) == "Long"
    assert sent < MOST_BYTES + (8 << 20)  # and the buffers of the sockets


@pytest.mark.parametrize("beginning", [b"", HEAD + b"<t"])
async def test_S18_a_slow_page_times_out(
    web: Web, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while not writer.is_closing():
            writer.write(b"H" if not beginning else b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(previewer, "SECONDS", 0.4)
    web.pages["/"] = dripping
    began = time.monotonic()
    assert await title(web) is None
    assert time.monotonic() - began < 15


async def test_S18_the_number_of_concurrent_fetches_is_limited(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewer, "SECONDS", 60.0)
    now = most = 0

    async def slow(writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        writer.write(PAGE)
        await writer.drain()

    web.pages["/"] = slow
    async with looking(web) as made:
        found = await asyncio.gather(*(made.preview(web.url()) for _ in range(30)))
    assert all(found)
    assert most <= previewer.AT_ONCE


async def test_the_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    certificate, key = make_certificate("example.test")
    (tmp_path / "both.pem").write_bytes(certificate + key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "both.pem")
    trusting = ssl.create_default_context(cadata=certificate.decode())
    async with serving(server) as web:
        web.pages["/"] = PAGE
        table = {"other.test": ["127.0.0.1"]}
        made = WebPreviewer({web.port}, fetcher=fetcher(web, table, context=trusting))
        assert await made.preview(web.url(scheme="https")) is not None
        assert await made.preview(web.url(scheme="https", host="other.test")) is None
        await made.close()
        strict = WebPreviewer({web.port}, fetcher=fetcher(web))
        assert await strict.preview(web.url(scheme="https")) is None
        await strict.close()
    assert fetching.HEADERS["user-agent"] in web.requests[0]
