"""Counting clients, and their addresses behind proxies."""

from ipaddress import ip_network

import pytest

from backchannel.transports.http.answer import head, refusal
from backchannel.transports.http.forwarded import client_of, is_secure
from backchannel.transports.http.limits import Caps
from backchannel.transports.http.request_head import joined

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.9", "198.51.100.1", "192.0.2.9"),  # not our proxy: its header is ignored
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.1", "198.51.100.1"),  # the left one is not trusted
        ("10.0.0.1", "203.0.113.5, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("", "198.51.100.1", "198.51.100.1"),  # a Unix socket: a proxy of this machine
        ("10.0.0.1", "198.51.100.1:51234", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("10.0.0.1", "2001:0DB8:0::7", "2001:db8::7"),
        ("10.0.0.1", "fe80::7%eth0", "fe80::7"),
        ("10.0.0.1", "198.51.100.1:1, 10.0.0.2:2", "198.51.100.1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, _hidden, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "1.2.3.4.5", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1,", "10.0.0.1"),
        ("10.0.0.1", ", ".join(["198.51.100.1", *["10.0.0.2"] * 1_000]), "10.0.0.2"),
    ],
)
def test_the_client_address_is_the_last_untrusted_one(
    peer: str, forwarded: str | None, client: str
) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client_of((peer, 4711), headers, PROXIES)[0] == client


@pytest.mark.parametrize(
    ("forwarded", "client", "secure"),
    [
        ("for=198.51.100.1", "198.51.100.1", False),
        ("For=198.51.100.1;Proto=HTTPS;by=10.0.0.1", "198.51.100.1", True),
        ('for="198.51.100.1:51234"; proto=https', "198.51.100.1", True),
        ('for="[2001:db8::7]:4711";proto="https"', "2001:db8::7", True),
        ('by="a, \\"for=1.2.3.4";for=198.51.100.1', "198.51.100.1", False),
        ("for=203.0.113.5;proto=https, for=198.51.100.1;proto=http", "198.51.100.1", False),
        ("for=198.51.100.1;proto=https,for=10.0.0.2;proto=http", "198.51.100.1", True),
        ("for=unknown;proto=https", "10.0.0.1", True),
        ("for=_hidden, for=10.0.0.2", "10.0.0.2", False),
        ("proto=https", "10.0.0.1", True),
        ('for="203.0.113.5, for=198.51.100.1', "10.0.0.1", False),  # an open quotation mark
        ('for="203.0.113.5, for="[2001:db8::7]"', "10.0.0.1", False),
        ("for=203.0.113.5," * 200 + "for=198.51.100.1", "10.0.0.1", False),
        ("for", "10.0.0.1", False),
        ("", "10.0.0.1", False),
    ],
)
def test_the_forwarded_field_is_read(forwarded: str, client: str, *, secure: bool) -> None:
    peer = ("10.0.0.1", 4711)
    assert client_of(peer, {"forwarded": forwarded}, PROXIES)[0] == client
    assert is_secure(peer, {"forwarded": forwarded}, PROXIES, tls=False) is secure
    both = {"forwarded": forwarded, "x-forwarded-for": "192.0.2.8", "x-forwarded-proto": "http"}
    assert client_of(peer, both, PROXIES)[0] == "192.0.2.8"
    assert not is_secure(peer, both, PROXIES, tls=False)
    assert client_of(("192.0.2.9", 1), {"forwarded": forwarded}, PROXIES)[0] == "192.0.2.9"


@pytest.mark.parametrize(
    ("addresses", "protocols", "secure"),
    [
        ("198.51.100.1", "https", True),
        ("198.51.100.1", " WSS ", True),
        ("198.51.100.1", "http", False),
        ("", "https", True),
        ("198.51.100.1, 10.0.0.2", "https,http", True),  # the outer proxy ends TLS
        ("198.51.100.1, 10.0.0.2", "https", True),  # the inner one adds nothing
        ("203.0.113.5, 198.51.100.1", "https,http", False),  # the left one is not trusted
        ("198.51.100.1", "https,http", False),
        ("198.51.100.1", "http,https", True),
    ],
)
def test_the_proxy_facing_the_client_determines_the_scheme(
    addresses: str, protocols: str, *, secure: bool
) -> None:
    headers = {"x-forwarded-for": addresses, "x-forwarded-proto": protocols}
    assert is_secure(("10.0.0.1", 1), headers, PROXIES, tls=False) is secure


def test_repeated_header_lines_are_joined() -> None:
    lines = [(b"x-forwarded-for", b"203.0.113.5"), (b"x-forwarded-for", b"198.51.100.1")]
    assert client_of(("10.0.0.1", 1), joined(lines), PROXIES)[0] == "198.51.100.1"
    assert joined([(b"cookie", b"a=1"), (b"cookie", b"b=2")]) == {"cookie": "a=1; b=2"}


def test_a_trusted_proxy_tells_whether_the_client_is_encrypted() -> None:
    given_headers = {"x-forwarded-proto": "https"}
    assert is_secure(("10.0.0.1", 1), given_headers, PROXIES, tls=False)
    assert not is_secure(("192.0.2.9", 1), given_headers, PROXIES, tls=False)
    assert is_secure(("192.0.2.9", 1), {}, PROXIES, tls=True)


def test_caps_count_open_connections() -> None:
    caps = Caps(3, 2, [ip_network("10.0.0.0/8")])
    assert [caps.enter("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert caps.enter("192.0.2.2")
    assert not caps.enter("192.0.2.3")
    caps.leave("192.0.2.1")
    assert caps.enter("192.0.2.1")
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        caps.leave(address)
    assert caps.total == 0
    assert [caps.enter("10.0.0.1") for _ in range(4)] == [True, True, True, False]


def test_an_ipv6_customer_is_one_address() -> None:
    caps = Caps(10, 1)
    assert caps.enter("2001:db8:0:1::1")
    assert not caps.enter("2001:db8:0:1:ffff::2")
    assert caps.enter("2001:db8:0:2::1")
    assert caps.enter("192.0.2.1")
    assert not caps.enter("::ffff:192.0.2.1")


def test_a_header_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ValueError, match="control"):
        head(200, [("Location", "/\r\nSet-Cookie: a=b")])


def test_a_refusal_has_a_default_text() -> None:
    assert refusal(404).endswith(b"\r\n\r\nNot Found")
    assert refusal(499).startswith(b"HTTP/1.1 499 Refused\r\n")
    assert refusal(404, b"{}", [("Content-Type", "application/json")]).count(b"ype") == 1
