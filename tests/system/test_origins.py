"""Pages of a developer's own machine may use a server in development, and no others (S13, S14)."""

import secrets
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from backchannel.settings import load
from backchannel.transports.http.hosts import is_listed
from tests.support.process import ServerProcess, server_process

LOCAL = ["http://localhost:5173", "http://127.0.0.1:4321", "http://localhost", "http://[::1]:80"]
FOREIGN = [
    "https://localhost:5173",
    "http://localhost.example:5173",
    "http://localhost:5173.example",
    "http://127.0.0.2:80",
    "http://localhost:",
    "null",
]
POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("development")) as running:
        yield running


@pytest.mark.parametrize("origin", LOCAL)
def test_S14_pages_of_this_machine_work_in_development(server: ServerProcess, origin: str) -> None:
    headers = {"origin": origin}
    read = httpx.get(f"{server.address}/v1/me", headers=headers)
    assert read.headers["access-control-allow-origin"] == origin
    polled = httpx.get(f"{server.address}{POLLING}", headers=headers)
    assert polled.headers["access-control-allow-origin"] == origin
    with connect(f"{server.socket_address}/v1/ws", additional_headers=headers):
        pass


@pytest.mark.parametrize("origin", FOREIGN)
def test_S14_pages_of_other_origins_do_not_work_in_development(
    server: ServerProcess, origin: str
) -> None:
    headers = {"origin": origin}
    read = httpx.get(f"{server.address}/v1/me", headers=headers)
    assert "access-control-allow-origin" not in read.headers
    polled = httpx.get(f"{server.address}{POLLING}", headers=headers)
    assert polled.status_code == 403
    assert "cors_origins" in polled.json()["message"]
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.socket_address}/v1/ws", additional_headers=headers)
    assert refused.value.response.status_code == 403
    assert b"cors_origins" in (refused.value.response.body or b"")


@pytest.mark.parametrize("origin", [*LOCAL, *FOREIGN])
def test_S19_production_allows_only_configured_origins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {"BACKCHANNEL_ENVIRONMENT": "production", "JWT_SECRET": secrets.token_hex(32)}
    origins = load(environment=variables).settings.web_origins
    assert not is_listed(origin, origins)
    both = {"CORS_ORIGIN": "https://chat.example.org"}
    assert load(environment=both).settings.web_origins[0] == both["CORS_ORIGIN"]
