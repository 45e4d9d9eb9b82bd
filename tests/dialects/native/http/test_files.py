"""Files over HTTP: who may fetch them, how, and which uploads are refused."""

import os
import socket
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import media
from tests.support.api import Api, Caller
from tests.support.files import fetch, upload
from tests.support.process import ServerProcess, server_process

CONTENT = os.urandom(2_500_000)
LIMIT = 4_000_000
BOUNDARY = "b0undary"


def form_field(names: str, content: str) -> bytes:
    """The beginning of a form, up to a field that does not end."""
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {names}\r\n\r\n{content}".encode()


def test_a_picture_is_sent_and_seen(ada: Caller, bob: Caller) -> None:
    picture = upload(ada, media.jpeg(orientation=6), "Kätzchen.jpg", "image/jpeg")
    assert (picture["type"], picture["width"], picture["height"]) == ("image/jpeg", 600, 900)
    assert ada.get(f"{picture['url']}/info") == picture
    sent = ada.send(bob, "", files=[picture["id"]])
    assert sent["files"] == [picture]
    path = f"/v1/conversations/{sent['conversation_id']}/messages"
    assert bob.get(path)["items"][0]["files"] == [picture]
    got = fetch(bob, picture["url"])
    assert (got.status_code, len(got.content)) == (200, picture["size"])
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-disposition"].startswith("inline; ")
    assert "K%C3%A4tzchen.jpg" in got.headers["content-disposition"]
    small = fetch(bob, picture["thumbnail_url"])
    assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")


def test_S11_users_outside_the_conversation_get_404(
    ada: Caller, bob: Caller, eve: Caller, api: Api
) -> None:
    picture = upload(ada, media.png(), "a.png")
    before = [fetch(each, picture["url"]).status_code for each in (ada, bob, eve)]
    sent = ada.send(bob, "look", files=[picture["id"]])
    eve.send(bob, "hello")
    for path in (picture["url"], picture["thumbnail_url"], f"{picture['url']}/info"):
        after = [fetch(each, path).status_code for each in (ada, bob, eve, api.anonymous)]
        assert after == [200, 200, 404, 401]
    assert before == [200, 404, 404]
    for thief in (bob, eve):
        message = {"to": ada.id, "body": "mine", "files": [picture["id"]]}
        assert thief.refused(404, "POST", "/v1/messages", json=message)["field"] == "files"
    ada.done("DELETE", f"/v1/conversations/{sent['conversation_id']}/messages/{sent['seq']}")
    assert fetch(bob, picture["url"]).status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg onload=alert(1)>", "x.svg"),
        (b"<script>alert(1)</script>", "x.html"),
        (b"%PDF-1.7\n", "x.pdf"),
        (b"\x00\x01\x02", "x.png.bin"),
        (b"plain", "x.txt"),
    ],
)
def test_S17_active_content_is_served_as_an_attachment(
    ada: Caller, content: bytes, name: str
) -> None:
    got = fetch(ada, upload(ada, content, name)["url"])
    assert got.content == content
    assert got.headers["content-disposition"].startswith(f'attachment; filename="{name}"')
    assert got.headers["content-security-policy"].endswith("; sandbox")
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "private, no-cache"


def test_a_range_returns_that_part_of_the_file(ada: Caller) -> None:
    file = upload(ada, CONTENT)
    whole = fetch(ada, file["url"])
    etag = whole.headers["etag"]
    assert (whole.content, whole.headers["accept-ranges"]) == (CONTENT, "bytes")
    part = fetch(ada, file["url"], range="bytes=1048570-1048585", if_range=etag)
    assert (part.status_code, part.content) == (206, CONTENT[1_048_570:1_048_586])
    assert part.headers["content-range"] == f"bytes 1048570-1048585/{len(CONTENT)}"
    assert part.headers["content-length"] == "16"
    assert fetch(ada, file["url"], range="bytes=-3").content == CONTENT[-3:]
    other = fetch(ada, file["url"], range="bytes=0-1", if_range='"old"')
    assert (other.status_code, other.content) == (200, CONTENT)
    past = fetch(ada, file["url"], range="bytes=2500000-")
    assert (past.status_code, past.json()["code"]) == (416, "range_not_satisfiable")
    assert past.headers["content-range"] == f"bytes */{len(CONTENT)}"
    same = fetch(ada, file["url"], if_none_match=etag)
    assert (same.status_code, same.content) == (304, b"")
    head = ada._http.head(file["url"], headers={"range": "bytes=0-9"})
    assert (head.status_code, head.content) == (206, b"")
    assert head.headers["content-length"] == "10"


@pytest.mark.parametrize("name", ["../../x", "..", "a/b.txt", "a\\..\\b.txt"])
def test_S17_paths_are_refused_as_file_names(ada: Caller, name: str) -> None:
    quoted = name.replace("\\", "\\\\")
    body = form_field(f'name="file"; filename="{quoted}"', f"x\r\n--{BOUNDARY}--\r\n")
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = ada._http.post("/v1/files", content=body, headers=headers)
    if answer.status_code == 201:  # the parser has cut it down to its last part
        assert answer.json()["name"] in {"x", "b.txt"}
    else:
        assert (answer.status_code, answer.json()["field"]) == (400, "name")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"<html>", "image/png", 415),
        (b"MZ\x90\0", "", 415),
        (media.bomb(50_000, 50_000), "image/png", 415),
        (b"", "", 400),
    ],
)
def test_S17_uploaded_content_is_checked_against_its_type(
    ada: Caller, content: bytes, kind: str, status: int
) -> None:
    answer = ada.ask("POST", "/v1/files", files={"file": ("a.png", content, kind or None)})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("body", "boundary"),
    [
        (b"", BOUNDARY),
        (b"x" * 500, BOUNDARY),
        (f"--{BOUNDARY}--\r\n".encode(), BOUNDARY),
        (form_field('name="file"; filename="a"', "cut"), BOUNDARY),
        (form_field('name="other"', "x" * 9_000), BOUNDARY),
        (form_field('name="file"; filename="a"', "a"), "other"),
        (b"x", ""),
    ],
)
def test_a_malformed_form_is_400(ada: Caller, body: bytes, boundary: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    problem = ada.refused(400, "POST", "/v1/files", content=body, headers=headers)
    assert problem["code"] == "invalid"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            form_field('name="file"; filename="a"', "").replace(b'"a"', b'"\xff"'),
            "the form is malformed: Segment header failed to decode",
        ),
        (
            form_field("name=\"file\"; filename*=utf-16''%00%d8", f"x\r\n--{BOUNDARY}--\r\n"),
            "the field 'file' must be a file, with a filename",
        ),
    ],
)
def test_an_invalid_file_name_is_explained(ada: Caller, body: bytes, detail: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert ada.refused(400, "POST", "/v1/files", content=body, headers=headers)["detail"] == detail


def test_S12_an_unknown_field_of_a_form_is_refused(ada: Caller) -> None:
    form = {"data": {"owner": "eve"}, "files": {"file": ("a.txt", b"text")}}
    problem = ada.refused(400, "POST", "/v1/files", **form)
    assert problem["field"] == "owner"
    assert problem["detail"] == "unknown field 'owner'; known are: file"


def test_a_form_must_be_a_form_of_known_length(ada: Caller) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x"

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    ada.refused(411, "POST", "/v1/files", content=chunks(), headers=headers)
    ada.refused(415, "POST", "/v1/files", json={"file": "x"})
    two = [("file", ("a", b"a")), ("file", ("b", b"b"))]
    ada.refused(400, "POST", "/v1/files", files=two)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[ServerProcess, Api]]:
    """A server that takes files of up to `LIMIT` bytes, and 10 MB of each user."""
    folder = tmp_path_factory.mktemp("small")
    limits = {"files_max_size": str(LIMIT), "files_quota": "10000000"}
    with server_process(folder, **limits, trusted_proxies="127.0.0.1") as server:
        opened = Api(server.address)
        yield server, opened
        opened.close()


def test_S17_a_file_over_the_limit_is_refused_while_it_streams(
    small: tuple[ServerProcess, Api],
) -> None:
    server, api = small
    ada = api.new_user("ada")
    announced = ada._http.post("/v1/files", files={"file": ("a", bytes(LIMIT + 100_000))})
    assert announced.status_code == 413
    just = ada.ask("POST", "/v1/files", files={"file": ("a", bytes(LIMIT))})
    assert just.status_code == 201, just.text
    over = ada.ask("POST", "/v1/files", files={"file": ("a", bytes(LIMIT + 1))})
    assert over.status_code == 413, over.text
    assert list((server.folder / "data" / "uploads").iterdir()) == []


def test_S17_an_upload_over_the_quota_is_413(small: tuple[ServerProcess, Api]) -> None:
    _, api = small
    ada = api.new_user("ada")
    for _ in range(3):
        upload(ada, bytes(3_000_000))
    answer = ada.ask("POST", "/v1/files", files={"file": ("a", bytes(3_000_000))})
    assert (answer.status_code, answer.json()["code"]) == (413, "quota_exceeded")
    assert upload(api.new_user("bob"), bytes(3_000_000))


def test_other_routes_keep_their_limit(small: tuple[ServerProcess, Api]) -> None:
    _, api = small
    ada = api.new_user("ada")
    answer = ada._http.post("/v1/messages", json={"to": "x", "body": "x" * 2_000_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("difference", [-1_000, 1_000])
def test_a_wrong_content_length_stores_nothing(
    small: tuple[ServerProcess, Api], difference: int
) -> None:
    server, api = small
    ada = api.new_user("ada")
    end = f"\r\n--{BOUNDARY}--\r\n"
    body = form_field('name="file"; filename="a"', "x" * 50_000 + end)
    head = (
        "POST /v1/files HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {ada.tokens['access_token']}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body) + difference}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536)
    assert not answer.startswith(b"HTTP/1.1 201")
    deadline = time.monotonic() + 5
    folder = server.folder / "data" / "uploads"
    while list(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(folder.iterdir()) == []


LITTLE = 20_000_000
"""Bytes; half of it is usual, as threads have blocks in hand and the allocator keeps some."""


def test_S17_an_upload_of_60_MB_uses_little_memory(tmp_path: Path) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada = api.new_user("ada")
        upload(ada, bytes(100_000))
        before = server.resident()
        big = upload(ada, bytes(60_000_000))
        assert server.resident() - before < LITTLE
        received = 0
        with ada._http.stream("GET", big["url"]) as got:
            for chunk in got.iter_bytes():
                received += len(chunk)
        assert received == 60_000_000
        assert server.resident() - before < LITTLE
        api.close()


def test_R18_a_damaged_file_is_a_clear_refusal(tmp_path: Path) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada = api.new_user("ada")
        file = upload(ada, CONTENT)
        (stored,) = (server.folder / "data" / "files").rglob(file["id"])
        damaged: Any = bytearray(stored.read_bytes())
        damaged[1_500_000] ^= 1
        stored.write_bytes(damaged)
        assert fetch(ada, file["url"], range="bytes=0-9").content == CONTENT[:10]
        answer = fetch(ada, file["url"], range="bytes=1500001-1500002")
        assert (answer.status_code, answer.json()["code"]) == (500, "damaged")
        with pytest.raises(httpx.RemoteProtocolError):
            fetch(ada, file["url"])
        assert "damaged" in server.log.read_text()
        api.close()
