"""The operator's settings for HTTP take effect on a real server."""

import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.support.api import PASSWORD
from tests.support.process import server_process

ORIGIN = "https://chat.example.org"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Generator[httpx.Client]:
    """A server with the strictest settings."""
    with (
        server_process(
            tmp_path_factory.mktemp("strict"),
            cors_origins=ORIGIN,
            allowed_hosts="chat.example.org",
            docs_public="false",
            registration="closed",
            limits_body_size="2048",
        ) as server,
        httpx.Client(base_url=server.address, headers={"host": "chat.example.org"}) as client,
    ):
        yield client


def test_S14_only_the_listed_origin(strict: httpx.Client) -> None:
    own = strict.get("/v1/me", headers={"origin": ORIGIN})
    other = strict.get("/v1/me", headers={"origin": "https://evil.example.org"})
    assert own.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in other.headers


def test_S14_only_the_listed_host_except_for_probes(strict: httpx.Client) -> None:
    refused = strict.get("/v1/me", headers={"host": "evil.example.org"})
    assert refused.status_code == 421
    assert refused.headers["content-type"] == "application/problem+json"
    assert strict.get("/readyz", headers={"host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/openapi.json", "/docs/docs.js", "/schema"])
def test_S21_docs_are_not_public(strict: httpx.Client, path: str) -> None:
    assert strict.get(path).status_code == 404


def test_registration_is_closed(strict: httpx.Client) -> None:
    account = {"username": "ada", "password": PASSWORD}
    refused = strict.post("/v1/register", json=account)
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"


def test_body_size_is_the_operators(strict: httpx.Client) -> None:
    guess = {"identifier": "ada", "password": "x" * 3_000}
    assert strict.post("/v1/login", json=guess).status_code == 413


def test_S5_token_that_has_expired_says_so(tmp_path: Path) -> None:
    with (
        server_process(tmp_path, tokens_access_life="1") as server,
        httpx.Client(base_url=server.address) as client,
    ):
        client.post("/v1/register", json={"username": "ada", "password": PASSWORD})
        credentials = {"identifier": "ada", "password": PASSWORD}
        tokens = client.post("/v1/login", json=credentials).json()
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        until = time.monotonic() + 10
        while (answer := client.get("/v1/me", headers=headers)).is_success:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_expired"
        renewed = client.post("/v1/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert renewed.is_success
