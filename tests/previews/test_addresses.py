"""Only public addresses are fetched, and only URLs that lead to them."""

import asyncio
from ipaddress import ip_address

import pytest

from backchannel.domain.errors import Invalid
from backchannel.previews.previewer import WebPreviewer
from backchannel.previews.targets import (
    PublicResolver,
    Unreachable,
    is_public,
    parse,
    system_addresses,
)
from tests.previews.web import names

PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
NO_WEB_ADDRESS = [
    "",
    "example.org",
    "//example.org/",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://example.org/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stat",
    "javascript:alert(1)",
    "data:text/html,<title>x</title>",
    "unix:/var/run/docker.sock",
    "http://",
    "http:///path",
    "http://:80/",
    "http://user@example.org/",
    "http://user:password@example.org/",
    "http://example.org@127.0.0.1/",
    "http://127.0.0.1\\@example.org/",
    "http://example.org:22/",
    "http://example.org:6379/",
    "http://example.org:0/",
    "http://example.org:99999/",
    "http://exa mple.org/",
    "http://exa%6dple.org/",
    "http://example.org%00.evil.test/",
    "http://example.org\r\nHost: evil.test/",
    "http://example.org/\r\nX: y",
    "http://example.org/\x00",
    "http://[::1%25lo]/",
    "http://[fe80::1%eth0]/",
    "http://[::1/",
    "http://[127.0.0.1]/",
    "http://0177.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://\ud800.test/",
    "http://" + "a" * 3_000 + ".test/",
    "http://" + "a" * 64 + ".test/",
]
LEADS_INSIDE = [
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://127。0。0。1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00:ec2::254]/",
]


def test_public_addresses_are_allowed() -> None:
    assert all(is_public(ip_address(each)) for each in PUBLIC)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("url", NO_WEB_ADDRESS)
def test_invalid_web_addresses_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        parse(url, ports={80, 443})


def test_a_refused_port_names_those_that_are_allowed() -> None:
    with pytest.raises(Invalid, match="port 80 or 443, not 8080"):
        parse("http://example.org:8080/", ports={443, 80})


@pytest.mark.parametrize("url", LEADS_INSIDE)
async def test_names_of_private_addresses_are_refused(url: str) -> None:
    async def system(host: str) -> list[str]:
        return await asyncio.to_thread(system_addresses, host)

    with pytest.raises(Unreachable):
        await PublicResolver(system).addresses(parse(url, ports={80, 443}).host)
    previewer = WebPreviewer({80, 443})
    assert await previewer.preview(url) is None
    await previewer.close()


@pytest.mark.parametrize("second", ["10.0.0.1", "::1", "fe80::1%eth0", "no address"])
async def test_a_name_with_one_private_address_is_refused(second: str) -> None:
    resolver = PublicResolver(names({"mixed.test": ["93.184.216.34", second]}))
    with pytest.raises(Unreachable):
        await resolver.addresses("mixed.test")


async def test_an_unresolvable_name_is_reported() -> None:
    resolver = PublicResolver(names({"empty.test": []}))
    for host in ("empty.test", "unknown.test"):
        with pytest.raises(Unreachable):
            await resolver.addresses(host)
