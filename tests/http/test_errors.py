"""Errors have the format of their dialect, and reveal nothing internal."""

import logging
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.http.conftest import Client


def body_of(response: httpx.Response, status: int) -> dict[str, object]:
    """The body of an error, whose `message` and `error` are equal."""
    body: dict[str, object] = response.json()
    assert response.status_code == status, response.text
    assert body["message"] == body["error"]
    assert response.headers["content-type"] == "application/json"
    return body


def test_refusal_carries_code_and_field(client: Client) -> None:
    body = body_of(client().get("/blocked"), 403)
    assert body == {
        "message": "you are blocked",
        "error": "you are blocked",
        "code": "blocked",
        "field": "to",
    }


def test_throttled_has_retry_after_in_whole_seconds(client: Client) -> None:
    response = client().get("/throttled")
    body_of(response, 429)
    assert response.headers["retry-after"] == "3"


def test_S21_fault_is_generic_and_its_id_is_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client().get("/explode")
    body = body_of(response, 500)
    assert "swordfish" not in response.text
    assert "Traceback" not in response.text
    assert body["request_id"] == response.headers["x-request-id"]
    assert str(body["request_id"]) in caplog.text
    assert "swordfish" in caplog.text


def test_unknown_path_is_404(client: Client) -> None:
    assert body_of(client().get("/nowhere"), 404)["code"] == "not_found"


def test_unrouted_path_speaks_the_dialect_it_begins_with(client: Client) -> None:
    asked = client()
    for path in ("/loud/own", "/loud/nowhere"):
        assert set(asked.get(path).json()) == {"SHOUT"}
        assert asked.get(path).status_code == 418


def test_wrong_method_names_those_that_are_right(client: Client) -> None:
    response = client().put("/thing")
    assert body_of(response, 405)["code"] == "method_not_allowed"
    assert response.headers["allow"] == "DELETE, GET, OPTIONS, POST, HEAD"
    assert "DELETE, GET, OPTIONS, POST, HEAD" in response.json()["message"]


def test_query_parameter_of_the_wrong_type_is_named(client: Client) -> None:
    body = body_of(client().get("/thing", params={"limit": "many"}), 400)
    assert body["field"] == "limit"
    assert body["message"] == "limit must be a whole number"


def test_errors_do_not_contain_the_token(client: Client) -> None:
    response = client().get("/thing", params={"limit": "x", "token": "very.secret.token"})
    body_of(response, 400)
    assert "secret" not in response.text


@pytest.mark.parametrize("chunked", [False, True])
def test_body_too_large_names_the_limit(client: Client, *, chunked: bool) -> None:
    content = b'{"name": "%s"}' % (b"x" * 2_000)
    response = client().post("/thing", content=iter([content]) if chunked else content)
    assert body_of(response, 413)["message"] == "the body is larger than 1,000 bytes"


def test_a_response_that_fails_midway_is_not_complete(client: Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client().get("/cut")


def test_a_client_that_disconnects_in_mid_request_is_not_an_error(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    asked = client()
    address = urlsplit(str(asked.base_url))
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port)) as raw:
        raw.sendall(b"POST /thing HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
    assert asked.get("/thing").status_code == 200
    assert "Traceback" not in caplog.text


def test_needs_a_login(client: Client) -> None:
    asked = client()
    response = asked.get("/private")
    assert body_of(response, 401)["code"] == "unauthenticated"
    assert response.headers["www-authenticate"] == "Bearer"
    refused = asked.get("/private", headers={"authorization": f"Bearer {'t' * 16}"})
    assert "16 characters" in refused.text
    assert body_of(asked.get("/private", params={"token": "t" * 16}), 401) == body_of(response, 401)


def test_readyz_reports_an_unavailable_database(client: Client) -> None:
    asked = client()
    assert asked.get("/healthz").json() == {"ok": True, "reason": None}
    response = asked.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ok": False, "reason": "the database is away"}


def test_R12_draining_process_is_not_ready(client: Client) -> None:
    asked = client(draining=True)
    assert asked.get("/healthz").status_code == 200
    assert asked.get("/readyz").json()["reason"] == "shutting down"
