"""The list of hosts that the server answers to (rule S14)."""

import pytest

from backchannel.transports.http.hosts import Hosts, is_local, parse_host
from tests.transports.harness import UPGRADE, Raw, RecordingEndpoint, serving


@pytest.mark.parametrize(
    ("entry", "host", "allowed"),
    [
        ("chat.example.org", "chat.example.org", True),
        ("Chat.Example.org.", "CHAT.example.ORG.:8443", True),
        ("chat.example.org", "chat.example.org.evil.org", False),
        ("chat.example.org", "evil.chat.example.org", False),
        ("chat.example.org", "", False),
        ("chat.example.org", None, False),
        ("chat.example.org", "chat.example.org:x", False),
        ("*.example.org", "chat.example.org", True),
        ("*.example.org", "a.b.example.org:8443", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "evilexample.org", False),
        ("*.example.org", "chat.example.org.evil.org", False),
        ("*.example.org:8443", "chat.example.org:8443", True),
        ("*.example.org:8443", "chat.example.org", False),
        ("chat.example.org:8443", "chat.example.org:8443", True),
        ("chat.example.org:8443", "chat.example.org:8444", False),
        ("chat.example.org:8443", "chat.example.org", False),
        ("chat.example.org:443", "chat.example.org", True),
        ("chat.example.org:80", "chat.example.org", True),
        ("::1", "[::1]", True),
        ("[::1]", "[::1]:8000", True),
        ("[::1]:8000", "[0:0:0:0:0:0:0:1]:8000", True),
        ("[::1]:8000", "[::1]:8001", False),
        ("2001:DB8::7", "[2001:db8:0::7]", True),
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("chät.example.org", "xn--cht-rla.example.org", True),
    ],
)
def test_S14_hosts_are_compared_as_hosts(entry: str, host: str | None, *, allowed: bool) -> None:
    assert Hosts([entry]).allow(host) is allowed
    assert Hosts([]).allow(host)


@pytest.mark.parametrize(
    "entry",
    [
        *("", "*", "*.", "*example.org", "a.*.org", "https://a.org", "a.org/", "a b", "a:b"),
        *("a:70000", "[::1", "[::g]", "::1]:80", "a@b", "a,b", "a..b", "x" * 64 + ".org"),
    ],
)
def test_S14_an_allowed_host_that_could_never_match_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="a host is a name or an IP address"):
        Hosts([entry])


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost:8443", True),
        ("chat.localhost", True),
        ("127.0.0.1", True),
        ("[::1]:8443", True),
        ("", True),
        ("chat.example.org", False),
    ],
)
def test_S15_local_hosts_are_recognised(host: str, *, local: bool) -> None:
    assert is_local(parse_host(host)) is local


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("chat.example", "http://chat.example", 101),
        ("evil.example", "http://evil.example", 421),
        ("evil.example", "https://app.example", 421),
        ("evil.example", None, 421),
    ],
)
async def test_S14_upgrades_are_checked_for_their_host(
    host: str, origin: str | None, status: int
) -> None:
    recording = RecordingEndpoint()
    request = UPGRADE.format(path="/", extra=f"Origin: {origin}\r\n" if origin else "")
    async with (
        serving(recording, hosts=["chat.example"], origins=["https://app.example"]) as server,
        await Raw.connect(server.port) as raw,
    ):
        raw.writer.write(request.replace("Host: chat.example", f"Host: {host}").encode())
        assert int((await raw.reader.readline()).split()[1]) == status
    assert len(recording.requests) == (status == 101)
