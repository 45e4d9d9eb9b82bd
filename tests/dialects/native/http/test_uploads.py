"""tus 1.0, as its text (tus.io/protocols/resumable-upload) has it."""

import base64
import hashlib
import os
import socket
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import Api, Caller
from tests.support.process import ServerProcess, server_process

CONTENT = os.urandom(900_000)
STREAM = "application/offset+octet-stream"
VERSION = {"tus-resumable": "1.0.0"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Tus:
    """A client of the protocol for one upload."""

    def __init__(self, caller: Caller, location: str = "") -> None:
        self.http = caller._http
        self.location = location

    def begin(self, size: int | str, metadata: str | None = None) -> httpx.Response:
        fields = {"upload-length": str(size)}
        fields["upload-metadata"] = metadata or f"filename {encoded('a.bin')}"
        answer = self.http.post("/v1/uploads", headers=VERSION | fields)
        self.location = answer.headers.get("location", "")
        return answer

    def send(self, offset: int | str, content: bytes, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"upload-offset": str(offset), "content-type": STREAM} | given
        return self.http.patch(self.location, content=content, headers=headers)

    def offset(self) -> int:
        answer = self.http.head(self.location, headers=VERSION)
        assert answer.status_code in {200, 204}, answer.status_code
        return int(answer.headers["upload-offset"])

    def file(self) -> bytes:
        answer = self.http.get(self.location.replace("uploads", "files"))
        assert answer.status_code == 200
        return answer.content


def test_options_tells_what_the_server_can(api: Api) -> None:
    answer = httpx.options(f"{api.address}/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert (
        answer.headers["tus-extension"]
        == "creation,creation-with-upload,expiration,checksum,termination"
    )
    assert answer.headers["tus-max-size"] == str(100 << 20)
    assert "sha1" in answer.headers["tus-checksum-algorithm"].split(",")
    assert "tus-version" not in httpx.options(f"{api.address}/v1/messages").headers


def test_an_upload_in_pieces(ada: Caller) -> None:
    tus = Tus(ada)
    begun = tus.begin(len(CONTENT))
    assert begun.status_code == 201
    assert begun.content == b""
    assert parsedate_to_datetime(begun.headers["upload-expires"]) > datetime.now(UTC)
    assert tus.offset() == 0
    for start in range(0, len(CONTENT), 250_000):
        answer = tus.send(start, CONTENT[start : start + 250_000])
        reached = min(start + 250_000, len(CONTENT))
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(reached))
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert tus.offset() == reached
    assert tus.file() == CONTENT
    head = ada._http.head(tus.location, headers=VERSION)
    assert head.headers["upload-length"] == str(len(CONTENT))
    assert head.headers["cache-control"] == "no-store"


def test_a_piece_of_nothing_changes_nothing(ada: Caller) -> None:
    tus = Tus(ada)
    tus.begin(10)
    assert tus.send(0, b"").headers["upload-offset"] == "0"
    assert tus.send(0, b"0123456789").status_code == 204
    assert tus.send(10, b"").headers["upload-offset"] == "10"
    assert tus.send(10, b"a").status_code == 413
    assert tus.send(0, b"0123456789").status_code == 409  # the answer to the first one was lost
    assert tus.offset() == 10
    assert tus.file() == b"0123456789"


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        (f"filename {encoded('Kätzchen.jpg')}", "Kätzchen.jpg"),
        (f"filename {encoded('a')},filetype {encoded('text/csv')},x", "a"),
        (f"filename {encoded('a')},x {base64.b64encode(bytes([255])).decode()}", "a"),
        (f"filename {encoded('a')},filename {encoded('b')}", None),
        (f"filename {encoded('a')}, ,x", None),
        (f"filename {encoded('a')} {encoded('b')}", None),
        (f"x {encoded('y')}", None),
        ("filename", None),
        ("filename ????", None),
        (f"filename {encoded('../../etc/passwd')}", None),
        (f"filename {base64.b64encode(bytes([255])).decode()}", None),
        ("x" * 5_000, None),
    ],
)
def test_metadata(ada: Caller, metadata: str, name: str | None) -> None:
    tus = Tus(ada)
    answer = tus.begin(3, metadata)
    assert answer.status_code == (400 if name is None else 201), answer.text
    if name is not None:
        for content in (b"", b"a,b"):
            tus.send(0, content)
            head = ada._http.head(tus.location, headers=VERSION)
            assert head.headers["upload-metadata"] == metadata
        file = ada._http.get(tus.location.replace("uploads", "files"))
        quoted = name.encode().hex("%").upper()
        assert "filename*=" in file.headers["content-disposition"], quoted


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_checksums(ada: Caller, algorithm: str) -> None:
    tus = Tus(ada)
    tus.begin(10)

    def checksum(content: bytes) -> str:
        return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"

    answer = tus.send(0, b"01234", upload_checksum=checksum(b"other"))
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert tus.offset() == 0
    assert tus.send(0, b"01234", upload_checksum=checksum(b"01234")).status_code == 204
    assert tus.send(5, b"56789", upload_checksum=checksum(b"56789")).status_code == 204
    assert tus.file() == b"0123456789"


def test_the_first_bytes_may_come_with_the_beginning(ada: Caller) -> None:
    def begin(content: bytes, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"upload-metadata": f"filename {encoded('a')}"} | given
        return ada._http.post("/v1/uploads", content=content, headers=headers)

    stream = {"content_type": STREAM, "upload_length": "10"}
    checksum = base64.b64encode(hashlib.sha1(b"01234", usedforsecurity=False).digest()).decode()
    for content in (b"", b"01234", b"0123456789"):
        begun = begin(content, **stream)
        assert (begun.status_code, begun.headers["upload-offset"]) == (201, str(len(content)))
        tus = Tus(ada, begun.headers["location"])
        assert tus.offset() == len(content)
        tus.send(len(content), b"0123456789"[len(content) :])
        assert tus.file() == b"0123456789"
    assert begin(b"01234", **stream, upload_checksum=f"sha1 {checksum}").status_code == 201
    assert begin(b"other", **stream, upload_checksum=f"sha1 {checksum}").status_code == 460
    assert begin(b"0123456789a", **stream).status_code == 413
    assert begin(b"01234", upload_length="10").headers["upload-offset"] == "0"


def test_an_empty_file_is_complete_at_once(ada: Caller, bob: Caller) -> None:
    tus = Tus(ada)
    begun = tus.begin(0, f"filename {encoded('empty.txt')},filetype {encoded('text/plain')}")
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert "upload-expires" not in begun.headers
    assert tus.offset() == 0
    assert tus.send(0, b"").status_code == 204
    named = {"to": bob.username, "body": "", "files": [tus.location.rpartition("/")[2]]}
    assert ada.ask("POST", "/v1/messages", json=named).status_code == 201
    fetched = bob._http.get(tus.location.replace("uploads", "files"))
    assert (fetched.status_code, fetched.content) == (200, b"")


@pytest.mark.parametrize("actual", ["POST", "GET", "PUT"])
def test_the_method_may_be_named_in_a_header(ada: Caller, actual: str) -> None:
    def override(method: str, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"x-http-method-override": method} | given
        content = b"01234" if method == "PATCH" else b""
        return ada._http.request(actual, tus.location, content=content, headers=headers)

    tus = Tus(ada)
    tus.begin(10)
    appended = override("PATCH", upload_offset="0", content_type=STREAM)
    assert (appended.status_code, appended.headers["upload-offset"]) == (204, "5")
    assert override("HEAD").headers["upload-offset"] == "5"
    assert override("BREW").status_code == 405
    assert override("delete").status_code == 204
    assert override("HEAD").status_code == 404
    elsewhere = {"x-http-method-override": "DELETE"}
    assert ada._http.get("/v1/me", headers=elsewhere).status_code == 200


def test_a_complete_upload_can_be_terminated_until_a_message_names_it(
    ada: Caller, bob: Caller
) -> None:
    tus = Tus(ada)
    tus.begin(3)
    tus.send(0, b"abc")
    assert bob._http.delete(tus.location, headers=VERSION).status_code == 404
    assert ada._http.delete(tus.location, headers=VERSION).status_code == 204
    assert ada._http.head(tus.location, headers=VERSION).status_code == 404
    assert ada._http.get(tus.location.replace("uploads", "files")).status_code == 404
    tus.begin(3)
    tus.send(0, b"abc")
    named = {"to": bob.username, "body": "", "files": [tus.location.rpartition("/")[2]]}
    assert ada.ask("POST", "/v1/messages", json=named).status_code == 201
    assert ada._http.delete(tus.location, headers=VERSION).status_code == 409
    assert tus.file() == b"abc"


def test_termination(ada: Caller) -> None:
    tus = Tus(ada)
    tus.begin(10)
    tus.send(0, b"0123")
    answer = ada._http.delete(tus.location, headers=VERSION)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (204, "1.0.0")
    for again in (tus.send(4, b"4"), ada._http.delete(tus.location, headers=VERSION)):
        assert again.status_code == 404
    assert ada._http.head(tus.location, headers=VERSION).status_code == 404


def cut_short(server: ServerProcess, caller: Caller, location: str, content: bytes) -> None:
    """Begin to send all of the content, and lose the connection after some of it."""
    head = (
        f"PATCH {location} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: Bearer {caller.session['access_token']}\r\n"
        f"Upload-Offset: 0\r\nContent-Type: {STREAM}\r\nContent-Length: 900000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + content)
        time.sleep(0.2)


@pytest.mark.parametrize("ending", ["cut", "kill"])
def test_R20_an_upload_goes_on_after_a_cut_and_after_a_kill(tmp_path: Path, ending: str) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada = api.somebody("ada")
        tus = Tus(ada)
        tus.begin(len(CONTENT))
        cut_short(server, ada, tus.location, CONTENT[:600_000])
        if ending == "kill":
            server.kill()
            server.start()
        reached = tus.offset()
        assert 0 < reached <= 600_000
        assert tus.send(reached, CONTENT[reached:]).status_code == 204
        assert tus.file() == CONTENT
        api.close()


def test_a_half_open_connection_does_not_block_the_next(api: Api, ada: Caller) -> None:
    tus = Tus(ada)
    tus.begin(len(CONTENT))
    port: Any = httpx.URL(api.address).port
    head = (
        f"PATCH {tus.location} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: Bearer {ada.session['access_token']}\r\n"
        f"Upload-Offset: 0\r\nContent-Type: {STREAM}\r\nContent-Length: 900000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as stuck:
        stuck.sendall(head.encode() + CONTENT[:600_000])
        time.sleep(0.2)
        reached = tus.offset()
        assert reached > 0
        assert tus.send(reached, CONTENT[reached:]).status_code == 204
        assert tus.file() == CONTENT
