"""The web client as it is served: its page, its files and their headers."""

import gzip
import re
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from backchannel.dialects.web_client import http as web_client
from backchannel.dialects.web_client.http import Asset, built_assets
from tests.support.process import server_process

PAGES = ["/", "/sign-in", "/sign-up", "/c/7b1e", "/to/0193", "/settings", "/settings/devices"]
built = pytest.mark.skipif(not built_assets(), reason="the web client is not built")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[httpx.Client]:
    with (
        server_process(tmp_path_factory.mktemp("pages")) as running,
        httpx.Client(base_url=running.address) as client,
    ):
        yield client


@built
@pytest.mark.parametrize("path", PAGES)
def test_each_address_of_the_client_serves_its_page(server: httpx.Client, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert '<div id="root">' in answer.text
    again = server.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@built
def test_S15_the_page_runs_nothing_inline_and_turns_no_string_into_markup(
    server: httpx.Client,
) -> None:
    answer = server.get("/")
    policy = dict(
        each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "backchannel"
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(r"<script(?![^>]+src=)|<style| style=| on\w+=", answer.text)


@built
def test_files_named_by_their_content_are_kept_for_ever(server: httpx.Client) -> None:
    names = re.findall(r'"(/assets/[^"]+)"', server.get("/").text)
    assert names
    for name in names:
        answer = server.get(name)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"


@built
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("", None), ("br;q=0, gzip;q=0.5", "gzip")],
)
def test_files_are_compressed_as_the_browser_accepts(
    server: httpx.Client, accepted: str, coding: str | None
) -> None:
    name = re.findall(r'"(/assets/[^"]+\.js)"', server.get("/").text)[0]
    plain = server.get(name, headers={"accept-encoding": "identity"}).content
    with server.stream("GET", name, headers={"accept-encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    if coding == "gzip":
        assert gzip.decompress(raw) == plain
    assert (len(raw) < len(plain)) is (coding is not None)


@built
@pytest.mark.parametrize("known", ["{}", "W/{}", '"older", {}', "*"])
def test_a_page_that_the_browser_has_is_not_sent_again(server: httpx.Client, known: str) -> None:
    etag = server.get("/").headers["etag"]
    answer = server.get("/", headers={"if-none-match": known.format(etag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag
    assert server.get("/", headers={"if-none-match": '"older"'}).status_code == 200


@built
@pytest.mark.parametrize(
    "path", ["/manifest.webmanifest", "/favicon.svg", "/app-icon.svg", "/app-icon-maskable.svg"]
)
def test_icons_and_manifest_are_served(server: httpx.Client, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/assets/nothing.js", "/assets/..%2findex.html", "/nothing", "/v1/nothing", "/c", "/sw.js.br"],
)
def test_every_other_address_stays_what_it_was(server: httpx.Client, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 404
    assert "html" not in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/docs", "/v1/config", "/readyz", "/metrics"])
def test_the_paths_of_the_apis_are_not_the_page(server: httpx.Client, path: str) -> None:
    assert "root" not in server.get(path).text or path == "/docs"
    assert server.get(path).status_code == 200


def test_a_server_without_the_client_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"make run" in web_client.NOT_BUILT
    assert b"/docs" in web_client.NOT_BUILT


def test_the_encoding_depends_on_accept_encoding() -> None:
    asset = Asset(b"plain", "text/plain", '"1"', immutable=False, encoded={"br": b"b"})
    assert asset.best("gzip, br") == ("br", b"b")
    assert asset.best("br;q=0") == (None, b"plain")
    assert asset.best("") == (None, b"plain")
