"""Previews over HTTP: off by default, and never of addresses inside the network."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from backchannel.chat.previews import Previews
from backchannel.previews.previewer import WebPreviewer
from tests.previews.web import Web, answer, fetcher, serving
from tests.support.api import Caller, check_answer
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.plain_socket import register


@pytest.fixture
async def web() -> AsyncGenerator[Web]:
    async with serving() as opened:
        yield opened


@pytest.fixture
async def server(tmp_path: Path, web: Web) -> AsyncGenerator[ChatServer]:
    previewer = WebPreviewer({web.port}, fetcher=fetcher(web))
    async with make_core(tmp_path) as core, chat_server(core) as running:
        core.previews = Previews(previewer, core.throttle, core.clock)
        yield running
    await previewer.close()


@pytest.fixture
async def http(server: ChatServer) -> AsyncGenerator[httpx.AsyncClient]:
    token = (await register(server, "ada")).token
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.address, headers=headers) as client:
        yield client


def test_previews_are_off_by_default(ada: Caller) -> None:
    problem = ada.refused(404, "GET", "/v1/preview", params={"url": "https://example.org/"})
    assert "switched off" in problem["detail"]
    assert ada.get("/v1/config")["link_previews"] is False


async def test_a_page_is_previewed_once(http: httpx.AsyncClient, web: Web) -> None:
    web.pages["/"] = answer("<title>Mist</title>", set_cookie="a=b")
    for _ in range(3):
        response = await http.get("/v1/preview", params={"url": web.url()})
        check_answer(response)
        assert response.json() == {
            "url": web.url(),
            "title": "Mist",
            "description": None,
            "image_url": None,
            "site": None,
        }
    assert web.connections == 1
    assert (await http.get("/v1/config")).json()["link_previews"] is True


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("ftp://example.test/", 400),
        ("http://example.test:22/", 400),
        ("", 400),
        ("http://169.254.169.254:{port}/", 404),
        ("http://localhost:{port}/", 404),
        ("http://unknown.test:{port}/", 404),
    ],
)
async def test_addresses_without_a_preview_are_refused(
    http: httpx.AsyncClient, web: Web, url: str, status: int
) -> None:
    response = await http.get("/v1/preview", params={"url": url.format(port=web.port)})
    check_answer(response)
    assert response.status_code == status
    assert web.connections == 0
