"""The operator's log: failed logins, refused hosts and origins, start, stop; never a secret."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.native import PASSWORD, register
from tests.support.process import ServerProcess, server_process

SECRETS = ("wrong secret", PASSWORD, "typed into the wrong field", "a private text", "needle")


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    with server_process(tmp_path, log_level="debug", allowed_hosts="127.0.0.1") as running:
        yield running


def test_S6_the_log_shows_refusals_and_no_secrets(server: ServerProcess) -> None:
    ada = asyncio.run(register(server.address, "ada"))
    with httpx.Client(base_url=server.address) as http:
        for name in ("ada", "typed into the wrong field"):
            credentials = {"identifier": name, "password": "wrong secret"}
            assert http.post("/v1/login", json=credentials).status_code == 401
        assert http.get("/v1/me", headers={"Host": "evil.example"}).status_code == 421
        http.get("/healthz", headers={"Origin": "http://page.example:5173"})
        http.get("/v1/search?query=needle", headers=ada.headers)
        message = {"to": "ada", "body": "a private text"}
        http.post("/v1/messages", json=message, headers=ada.headers)
        wanted = {"file_ids": ["picture"]}
        urls = http.post("/v1/files/urls", json=wanted, headers=ada.headers).json()
        signed = urls["items"][0]["url"]
        assert [http.get(each).status_code for each in (signed, f"{signed}x")] == [404, 403]
    for host, origin in (("127.0.0.1", Origin("http://socket.example")), ("rebound.example", None)):
        address = f"ws://{host}:{server.port}/v1/ws"
        with contextlib.suppress(InvalidStatus):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connect(address, sock=connection, origin=origin).close()
    assert server.stop(signal.SIGTERM) == 0
    log = server.log.read_text()
    lines = log.splitlines()

    def line_with(*parts: str) -> str:
        found = [line for line in lines if all(part in line for part in parts)]
        assert found, f"{parts} in no line of:\n{log}"
        return found[0]

    line_with("a login failed", "127.0.0.1", "ada", "wrong_password")
    line_with("a login failed", "(unknown)")
    line_with("allowed_hosts would allow it", "evil.example")
    line_with("allowed_hosts would allow it", "rebound.example")
    line_with("cors_origins would allow it", "http://page.example:5173")
    line_with("cors_origins would allow it", "http://socket.example")
    line_with("ready after", f"{server.port}", str(server.data))
    line_with("GET /v1/search ")
    line_with("POST /v1/messages 4")
    line_with("stopping: SIGTERM")
    line_with("stopped")
    line_with("GET /v1/files/picture 403")
    for secret in (*SECRETS, ada.token, ada.refresh_token, signed.partition("=")[2]):
        assert secret not in log


def test_a_same_origin_page_is_not_logged(server: ServerProcess) -> None:
    httpx.get(f"{server.address}/healthz", headers={"Origin": server.address})
    assert "cors_origins" not in server.log.read_text()
