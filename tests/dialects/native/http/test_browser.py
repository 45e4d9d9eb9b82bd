"""Logins whose refresh token only the browser and the server see."""

from collections.abc import Generator

import httpx
import pytest

from tests.support.api import PASSWORD, Api, Caller, Json

ALIEN_ORIGINS = [
    None,
    "null",
    "https://evil.example",
    "{origin}.evil.example",
    "{origin}/",
    "{upper}",
    "ftp://{host}",
]


def _origin(api: Api) -> dict[str, str]:
    return {"origin": api.address}


def _login(api: Api, person: Caller, browser: httpx.Client) -> Json:
    answer = browser.post(
        "/v1/browser/login",
        json={"identifier": person.username, "password": PASSWORD},
        headers=_origin(api),
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def browser(api: Api) -> Generator[httpx.Client]:
    with httpx.Client(base_url=api.address) as client:
        yield client


def test_S3_the_refresh_token_is_in_the_cookie_alone(
    api: Api, ada: Caller, browser: httpx.Client
) -> None:
    tokens = _login(api, ada, browser)
    assert "refresh_token" not in tokens
    answer = browser.post("/v1/browser/refresh", headers=_origin(api))
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    renewed = answer.json()
    assert renewed["login_id"] == tokens["login_id"]
    bearer = {"authorization": f"Bearer {renewed['access_token']}"}
    assert browser.get("/v1/me", headers=bearer).json()["id"] == ada.id


def test_over_https_the_cookie_has_the_host_prefix(api: Api, ada: Caller) -> None:
    origin = {"origin": api.address.replace("http:", "https:"), "x-forwarded-proto": "https"}
    credentials = {"identifier": ada.username, "password": PASSWORD}
    answer = api.anonymous.ask("POST", "/v1/browser/login", json=credentials, headers=origin)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-backchannel=")
    assert "secure" in cookie.lower().split("; ")
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize("origin", ALIEN_ORIGINS)
@pytest.mark.parametrize("path", ["login", "refresh", "logout"])
def test_S14_requests_from_pages_of_other_origins_are_refused(
    api: Api, ada: Caller, browser: httpx.Client, path: str, origin: str | None
) -> None:
    _login(api, ada, browser)
    host = api.address.removeprefix("http://")
    headers = {} if origin is None else {"origin": _filled(origin, api.address, host)}
    body = {"identifier": ada.username, "password": PASSWORD} if path == "login" else None
    answer = browser.post(f"/v1/browser/{path}", json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["field"] == "origin"
    assert "set-cookie" not in answer.headers
    assert browser.post("/v1/browser/refresh", headers=_origin(api)).status_code == 200


def test_S1_logging_out_ends_the_login_and_removes_the_cookie(
    api: Api, ada: Caller, browser: httpx.Client
) -> None:
    tokens = _login(api, ada, browser)
    kept = dict(browser.cookies)
    assert browser.post("/v1/browser/logout", headers=_origin(api)).status_code == 204
    assert not browser.cookies
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get("/v1/me", headers=bearer).status_code == 401
    with httpx.Client(base_url=api.address, cookies=kept) as thief:
        assert thief.post("/v1/browser/refresh", headers=_origin(api)).status_code == 401


def test_without_a_cookie_refresh_is_401_and_logout_is_204(api: Api, browser: httpx.Client) -> None:
    assert browser.post("/v1/browser/refresh", headers=_origin(api)).status_code == 401
    assert browser.post("/v1/browser/logout", headers=_origin(api)).status_code == 204


def test_the_cookie_is_accepted_only_for_refreshing(
    api: Api, ada: Caller, browser: httpx.Client
) -> None:
    _login(api, ada, browser)
    assert browser.get("/v1/me", headers=_origin(api)).status_code == 401


def test_the_configuration_needs_no_login(api: Api, ada: Caller) -> None:
    config = api.anonymous.get("/v1/config")
    assert config["registration"] is True
    assert config["first_run"] is False


def _filled(pattern: str, origin: str, host: str) -> str:
    return pattern.format(origin=origin, host=host, upper=origin.upper())
