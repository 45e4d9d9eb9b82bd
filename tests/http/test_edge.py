"""The edge that every request and response passes: S14, S15, HEAD, OPTIONS, request ids."""

import ipaddress

import pytest

from backchannel.http import monitoring
from backchannel.http.edge import EdgePolicy
from tests.http.conftest import Client

LOCAL = (ipaddress.ip_network("127.0.0.0/8"),)
ORIGIN = "https://chat.example.org"
HOSTS = ["chat.example.org", "*.chat.example.org", "::1"]

ANSWERS = [
    ("GET", "/thing", 200),
    ("HEAD", "/thing", 200),
    ("OPTIONS", "/thing", 204),
    ("DELETE", "/thing", 204),
    ("PUT", "/thing", 405),
    ("GET", "/nowhere", 404),
    ("GET", "/explode", 500),
    ("GET", "/throttled", 429),
    ("GET", "/private", 401),
    ("GET", "/thing?limit=%00", 400),
    ("GET", "/%00", 400),
    ("GET", "/thing?limit=%ff", 400),
    ("GET", "/%ed%a0%80", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_S15_every_answer_has_the_security_headers(
    client: Client, method: str, path: str, status: int
) -> None:
    response = client().request(method, path)
    headers = response.headers
    assert response.status_code == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "strict-transport-security" not in headers
    assert len(headers["x-request-id"]) >= 16
    assert len(headers.get_list("content-security-policy")) == 1


def test_S15_the_policy_of_pages_allows_only_this_server(client: Client) -> None:
    policy = client().get("/page").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_S15_hsts_only_where_the_client_came_over_tls(client: Client) -> None:
    asked = client(EdgePolicy(trusted_proxies=LOCAL))
    headers = {"x-forwarded-proto": "https", "host": "chat.example.org"}
    secure = asked.get("/thing", headers=headers)
    assert secure.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "strict-transport-security" not in asked.get("/thing").headers


@pytest.mark.parametrize("host", ["localhost:8443", "127.0.0.1", "[::1]:8443", "a.localhost"])
def test_S15_no_hsts_for_local_hosts(client: Client, host: str) -> None:
    asked = client(EdgePolicy(trusted_proxies=LOCAL))
    headers = {"x-forwarded-proto": "https", "host": host}
    assert "strict-transport-security" not in asked.get("/thing", headers=headers).headers


def test_S15_no_hsts_with_a_self_signed_certificate(client: Client) -> None:
    asked = client(EdgePolicy(trusted_proxies=LOCAL, hsts=False))
    headers = {"x-forwarded-proto": "https", "host": "chat.example.org"}
    assert "strict-transport-security" not in asked.get("/thing", headers=headers).headers


@pytest.mark.parametrize(
    ("origins", "policy"),
    [([], "same-origin"), ([ORIGIN], "cross-origin"), (["*"], "cross-origin")],
)
def test_S14_pages_of_allowed_origins_may_embed_responses(
    client: Client, origins: list[str], policy: str
) -> None:
    asked = client(EdgePolicy(cors_origins=origins))
    for path in ("/thing", "/nowhere", "/page"):
        assert asked.get(path).headers["cross-origin-resource-policy"] == policy


def test_S14_forwarded_headers_count_only_from_a_trusted_proxy(client: Client) -> None:
    forged = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
    assert client().get("/whoami", headers=forged).json() == {
        "address": "127.0.0.1",
        "scheme": "http",
    }
    behind = client(EdgePolicy(trusted_proxies=LOCAL))
    assert behind.get("/whoami", headers=forged).json() == {
        "address": "203.0.113.7",
        "scheme": "https",
    }


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("chat.example.org", 200),
        ("CHAT.example.org.:8443", 200),
        ("[::1]:80", 200),
        ("api.chat.example.org", 200),
        ("evil.example.org", 421),
        ("chat.example.org.evil.org", 421),
    ],
)
def test_S14_only_listed_hosts_are_served(client: Client, host: str, status: int) -> None:
    asked = client(EdgePolicy(allowed_hosts=HOSTS, probes=monitoring.PROBES))
    assert asked.get("/thing", headers={"host": host}).status_code == status
    assert asked.get("/healthz", headers={"host": host}).status_code == 200


def test_refusal_at_the_edge_speaks_the_dialect_of_its_path(client: Client) -> None:
    asked = client(EdgePolicy(allowed_hosts=["chat.example.org"]))
    headers = {"host": "evil.example.org"}
    assert set(asked.get("/loud/own", headers=headers).json()) == {"SHOUT"}
    assert asked.get("/thing", headers=headers).json()["field"] == "host"


def test_S14_cors_names_the_exact_origin_and_never_allows_credentials(client: Client) -> None:
    asked = client(EdgePolicy(cors_origins=[ORIGIN]))
    headers = asked.get("/thing", headers={"origin": ORIGIN}).headers
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["vary"] == "Origin"
    assert "Retry-After" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.org", "https://chat.example.org.evil.org", "null", "http://chat.example.org"],
)
def test_S14_other_origins_get_no_cors_headers(client: Client, origin: str) -> None:
    asked = client(EdgePolicy(cors_origins=[ORIGIN]))
    for method in ("GET", "OPTIONS"):
        headers = {"origin": origin, "access-control-request-method": "POST"}
        answered = asked.request(method, "/thing", headers=headers)
        assert not [name for name in answered.headers if name.startswith("access-control-")]


def test_S14_errors_can_be_read_by_an_allowed_page(client: Client) -> None:
    asked = client(EdgePolicy(cors_origins=[ORIGIN]))
    for path in ("/nowhere", "/explode", "/private"):
        headers = asked.get(path, headers={"origin": ORIGIN}).headers
        assert headers["access-control-allow-origin"] == ORIGIN


def test_S14_a_preflight_is_answered_without_a_login(client: Client) -> None:
    asked = client(EdgePolicy(cors_origins=[ORIGIN]))
    headers = {"origin": ORIGIN, "access-control-request-method": "PATCH"}
    response = asked.options("/private", headers=headers)
    assert response.status_code == 204
    assert response.content == b""
    assert "PATCH" in response.headers["access-control-allow-methods"]
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert response.headers["access-control-max-age"] == "7200"


def test_S14_star_is_every_origin_without_credentials(client: Client) -> None:
    asked = client(EdgePolicy(cors_origins=["*"]))
    headers = asked.get("/thing", headers={"origin": "https://any.org"}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers


def test_head_is_get_without_a_body(client: Client) -> None:
    asked = client()
    head, got = asked.head("/thing"), asked.get("/thing")
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


def test_options_needs_no_login_and_has_no_body(client: Client) -> None:
    response = client().options("/private")
    assert response.status_code == 204
    assert response.content == b""
