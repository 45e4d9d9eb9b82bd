"""`/socket.io/` over HTTP: the client's library, and long-polling behind the edge."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.support.chat_server import chat_server
from tests.support.core import make_core
from tests.support.node_client import NPM, installed_node

LIBRARY = {
    "socket.io.js": "socket.io.min.js",
    "socket.io.min.js": "socket.io.min.js",
    "socket.io.esm.min.js": "socket.io.esm.min.js",
}
OPENING = "/socket.io/?EIO=4&transport=polling"
FRIEND, STRANGER = "https://friend.example", "https://stranger.example"


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a server that allows the pages of another origin."""
    async with (
        make_core(tmp_path) as core,
        chat_server(core, origins=[FRIEND]) as server,
        httpx.AsyncClient(base_url=server.address) as http,
    ):
        yield http


@pytest.mark.service
@pytest.mark.parametrize(("name", "original"), LIBRARY.items())
async def test_the_library_equals_the_one_on_npm(
    http: httpx.AsyncClient, name: str, original: str
) -> None:
    installed_node()
    answer = await http.get(f"/socket.io/{name}")
    published = NPM / "node_modules" / "socket.io-client" / "dist" / original
    assert answer.content == published.read_bytes()


async def test_the_library_is_a_cacheable_script(http: httpx.AsyncClient) -> None:
    for name in LIBRARY:
        answer = await http.get(f"/socket.io/{name}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.text.startswith("/*!\n * Socket.IO v4.")
        assert "MIT License" in answer.text
        known = {"if-none-match": f"W/{answer.headers['etag']}"}  # as proxies write it
        again = await http.get(f"/socket.io/{name}", headers=known)
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/socket.io/socket.io.js", OPENING])
async def test_S15_the_security_headers_are_on_everything(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/socket.io/", "/socket.io", "/socket.io/elsewhere"])
async def test_other_requests_get_the_error_of_engine_io(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["message"]) == (400, "Transport unknown")


async def test_a_head_request_opens_no_session(http: httpx.AsyncClient) -> None:
    assert (await http.head(OPENING)).status_code == 400
    assert (await http.head("/socket.io/socket.io.js")).status_code == 200


async def test_S14_a_page_of_an_allowed_origin_may_poll(pages: httpx.AsyncClient) -> None:
    answer = await pages.get(OPENING, headers={"origin": FRIEND})
    assert answer.status_code == 200
    assert answer.headers.get_list("access-control-allow-origin") == [FRIEND]
    assert answer.headers.get_list("vary") == ["Origin"]
    asked = {
        "origin": FRIEND,
        "access-control-request-method": "GET",
        "access-control-request-headers": "access_token",
    }
    preflight = await pages.options(OPENING, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == FRIEND
    assert "access_token" in preflight.headers["access-control-allow-headers"]


async def test_S14_a_page_of_another_origin_may_not_poll(pages: httpx.AsyncClient) -> None:
    answer = await pages.get(OPENING, headers={"origin": STRANGER})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
