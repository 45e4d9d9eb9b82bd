"""Pages of other origins: exactly the allowed ones (rules S13, S14)."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from backchannel.transports.engineio import requests
from tests.transports.engineio.engine import engine

FRIEND = "https://friend.example"
QUERY = {"EIO": "4", "transport": "polling"}


async def ask(http: httpx.AsyncClient, method: str, origin: str, **headers: str) -> httpx.Response:
    return await http.request(method, "/", params=QUERY, headers={"origin": origin, **headers})


async def test_an_allowed_origin_may_read_answers_and_errors() -> None:
    async with engine(origins=[FRIEND]) as server:
        for method, status in (("GET", 200), ("POST", 400)):
            answer = await ask(server.http, method, FRIEND)
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == FRIEND
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["vary"] == "Origin"


async def test_S14_a_wildcard_origin_allows_no_credentials() -> None:
    async with engine(origins=["*"]) as server:
        answer = await ask(server.http, "GET", "http://anywhere.example")
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://friend.example.evil", "http://friend.example", "null", "*", ""]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_S13_any_other_origin_is_forbidden(origin: str, method: str) -> None:
    async with engine(origins=[FRIEND]) as server:
        answer = await ask(server.http, method, origin)
        assert answer.status_code == 403
        assert answer.json() == {
            "code": 4,
            "message": "Forbidden: the operator sets cors_origins",
        }
        assert "access-control-allow-origin" not in answer.headers
        assert not server.handlers


async def test_S13_upgrades_are_checked_for_their_origin() -> None:
    async with engine(origins=[FRIEND]) as server:
        with pytest.raises(InvalidStatus) as refused:
            await server.websocket(origin="https://evil.example")
        assert refused.value.response.status_code == 403


def test_S13_without_a_host_header_no_origin_is_same_origin() -> None:
    assert requests.allows({"origin": FRIEND}, [FRIEND], secure=True)
    assert not requests.allows({"origin": "http://localhost"}, [FRIEND], secure=False)


def test_S13_an_http_page_is_not_same_origin_over_tls() -> None:
    headers = {"origin": "http://chat.example", "host": "chat.example"}
    assert requests.allows(headers, [], secure=False)
    assert not requests.allows(headers, [], secure=True)
    assert requests.allows({**headers, "origin": "https://chat.example"}, [], secure=True)


async def test_same_origin_pages_may_poll() -> None:
    async with engine() as server:
        own = f"http://127.0.0.1:{server.served.port}"
        assert (await ask(server.http, "GET", own)).status_code == 200


async def test_a_preflight_allows_the_headers_that_carry_tokens() -> None:
    async with engine(origins=[FRIEND]) as server:
        asked = {"access-control-request-headers": "access_token,authorization"}
        answer = await ask(server.http, "OPTIONS", FRIEND, **asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == FRIEND
        assert answer.headers["access-control-allow-methods"] == "GET, POST"
        assert answer.headers["access-control-allow-headers"] == "access_token,authorization"
