"""tus 1.0, as its specification (tus.io/protocols/resumable-upload) describes it."""

import base64
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.dialects.native.http.tus import STREAM, VERSION, Tus, encoded
from tests.support import media
from tests.support.api import Api, Caller
from tests.support.process import ServerProcess, server_process

CONTENT = os.urandom(900_000)


def test_options_lists_the_tus_extensions(api: Api) -> None:
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
    created = tus.create(len(CONTENT))
    assert created.status_code == 201
    assert created.content == b""
    assert parsedate_to_datetime(created.headers["upload-expires"]) > datetime.now(UTC)
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


def test_an_empty_patch_changes_nothing(ada: Caller) -> None:
    tus = Tus(ada)
    tus.create(10)
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
def test_upload_metadata_is_checked_and_returned(
    ada: Caller, metadata: str, name: str | None
) -> None:
    tus = Tus(ada)
    answer = tus.create(3, metadata)
    assert answer.status_code == (400 if name is None else 201), answer.text
    if name is not None:
        for content in (b"", b"a,b"):
            tus.send(0, content)
            head = ada._http.head(tus.location, headers=VERSION)
            assert head.headers["upload-metadata"] == metadata
        file = ada._http.get(tus.location.replace("uploads", "files"))
        quoted = name.encode().hex("%").upper()
        assert "filename*=" in file.headers["content-disposition"], quoted


def recorded(ada: Caller, content: bytes, samples: bytes) -> httpx.Response:
    """Upload a content with this waveform in one request."""
    metadata = f"filename {encoded('a')},waveform {base64.b64encode(samples).decode()}"
    given = {"upload-length": str(len(content)), "upload-metadata": metadata}
    headers = VERSION | given | {"content-type": STREAM}
    return ada._http.post("/v1/uploads", content=content, headers=headers)


def test_a_recording_keeps_the_waveform_that_its_sender_gives(ada: Caller, bob: Caller) -> None:
    samples = bytes(range(128))
    file_id = recorded(ada, media.wav(1), samples).headers["location"].rpartition("/")[2]
    (file,) = ada.post("/v1/messages", to=bob.id, client_id="voice", body="", files=[file_id])[
        "files"
    ]
    assert base64.b64decode(file["waveform"]) == samples
    assert (file["duration"], file["placeholder"]) == (1_000, None)
    assert bob.get(f"/v1/files/{file_id}/info") == file


def test_a_waveform_is_bounded_and_for_sound_only(ada: Caller) -> None:
    refused = recorded(ada, media.wav(1), bytes(129))
    assert refused.status_code == 400
    assert (refused.json()["field"], "128" in refused.json()["detail"]) == ("waveform", True)
    location = recorded(ada, media.png(), bytes(3)).headers["location"]
    file = ada.get(f"/v1/files/{location.rpartition('/')[2]}/info")
    assert file["waveform"] is None
    assert len(base64.b64decode(file["placeholder"])) > 5


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_a_patch_with_a_wrong_checksum_is_discarded(ada: Caller, algorithm: str) -> None:
    tus = Tus(ada)
    tus.create(10)

    def checksum(content: bytes) -> str:
        return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"

    answer = tus.send(0, b"01234", upload_checksum=checksum(b"other"))
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert tus.offset() == 0
    assert tus.send(0, b"01234", upload_checksum=checksum(b"01234")).status_code == 204
    assert tus.send(5, b"56789", upload_checksum=checksum(b"56789")).status_code == 204
    assert tus.file() == b"0123456789"


def test_an_upload_may_be_created_with_its_first_bytes(ada: Caller) -> None:
    def create(content: bytes, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"upload-metadata": f"filename {encoded('a')}"} | given
        return ada._http.post("/v1/uploads", content=content, headers=headers)

    stream = {"content_type": STREAM, "upload_length": "10"}
    checksum = base64.b64encode(hashlib.sha1(b"01234", usedforsecurity=False).digest()).decode()
    for content in (b"", b"01234", b"0123456789"):
        created = create(content, **stream)
        assert (created.status_code, created.headers["upload-offset"]) == (201, str(len(content)))
        tus = Tus(ada, created.headers["location"])
        assert tus.offset() == len(content)
        tus.send(len(content), b"0123456789"[len(content) :])
        assert tus.file() == b"0123456789"
    assert create(b"01234", **stream, upload_checksum=f"sha1 {checksum}").status_code == 201
    assert create(b"other", **stream, upload_checksum=f"sha1 {checksum}").status_code == 460
    assert create(b"0123456789a", **stream).status_code == 413
    assert create(b"01234", upload_length="10").headers["upload-offset"] == "0"


def test_an_empty_file_is_complete_at_once(ada: Caller, bob: Caller) -> None:
    tus = Tus(ada)
    created = tus.create(0, f"filename {encoded('empty.txt')},filetype {encoded('text/plain')}")
    assert (created.status_code, created.headers["upload-offset"]) == (201, "0")
    assert "upload-expires" not in created.headers
    assert tus.offset() == 0
    assert tus.send(0, b"").status_code == 204
    named = {"to": bob.username, "body": "", "files": [tus.location.rpartition("/")[2]]}
    assert ada.ask("POST", "/v1/messages", json=named).status_code == 201
    fetched = bob._http.get(tus.location.replace("uploads", "files"))
    assert (fetched.status_code, fetched.content) == (200, b"")


@pytest.mark.parametrize("actual", ["POST", "GET", "PUT"])
def test_the_method_can_be_overridden_by_a_header(ada: Caller, actual: str) -> None:
    def override(method: str, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"x-http-method-override": method} | given
        content = b"01234" if method == "PATCH" else b""
        return ada._http.request(actual, tus.location, content=content, headers=headers)

    tus = Tus(ada)
    tus.create(10)
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
    tus.create(3)
    tus.send(0, b"abc")
    assert bob._http.delete(tus.location, headers=VERSION).status_code == 404
    assert ada._http.delete(tus.location, headers=VERSION).status_code == 204
    assert ada._http.head(tus.location, headers=VERSION).status_code == 404
    assert ada._http.get(tus.location.replace("uploads", "files")).status_code == 404
    tus.create(3)
    tus.send(0, b"abc")
    named = {"to": bob.username, "body": "", "files": [tus.location.rpartition("/")[2]]}
    assert ada.ask("POST", "/v1/messages", json=named).status_code == 201
    assert ada._http.delete(tus.location, headers=VERSION).status_code == 409
    assert tus.file() == b"abc"


def test_a_terminated_upload_is_gone(ada: Caller) -> None:
    tus = Tus(ada)
    tus.create(10)
    tus.send(0, b"0123")
    answer = ada._http.delete(tus.location, headers=VERSION)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (204, "1.0.0")
    for again in (tus.send(4, b"4"), ada._http.delete(tus.location, headers=VERSION)):
        assert again.status_code == 404
    assert ada._http.head(tus.location, headers=VERSION).status_code == 404


@contextmanager
def begun(server: ServerProcess, caller: Caller, location: str) -> Iterator[None]:
    """A connection that has sent part of the content, of which part has been stored."""
    head = (
        f"PATCH {location} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: Bearer {caller.tokens['access_token']}\r\n"
        f"Upload-Offset: 0\r\nContent-Type: {STREAM}\r\nContent-Length: 900000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + CONTENT[:600_000])
        until = time.monotonic() + 60
        while not sum(each.stat().st_size for each in (server.data / "uploads").iterdir()):
            assert time.monotonic() < until
            time.sleep(0.01)
        yield


def go_on(tus: Tus) -> int:
    """Send the rest, again while an earlier request still writes; return its start offset."""
    while True:
        reached = tus.offset()
        answer = tus.send(reached, CONTENT[reached:])
        if answer.status_code != 409:
            assert answer.status_code == 204
            return reached


@pytest.mark.parametrize("ending", ["cut", "kill"])
def test_R20_an_upload_goes_on_after_a_cut_and_after_a_kill(tmp_path: Path, ending: str) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada = api.new_user("ada")
        tus = Tus(ada)
        tus.create(len(CONTENT))
        with begun(server, ada, tus.location):
            pass
        if ending == "kill":
            server.kill()
            server.start()
        assert 0 < go_on(tus) <= 600_000
        assert tus.file() == CONTENT
        api.close()


def test_a_half_open_connection_does_not_block_the_next(tmp_path: Path) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada = api.new_user("ada")
        tus = Tus(ada)
        tus.create(len(CONTENT))
        with begun(server, ada, tus.location):
            assert go_on(tus) > 0
            assert tus.file() == CONTENT
        api.close()
