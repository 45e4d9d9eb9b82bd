"""Requests that tus 1.0 (tus.io/protocols/resumable-upload) refuses, and the responses."""

import pytest

from tests.dialects.native.http.tus import STREAM, VERSION, Tus, encoded
from tests.support.api import Caller


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/v1/uploads", 405),
        ("PUT", "/v1/uploads/x", 405),
        ("GET", "/v1/uploads/x/y", 404),
        ("GET", "/v1/uploads/x?a=%00", 400),
    ],
)
def test_every_error_has_the_tus_version(ada: Caller, method: str, path: str, status: int) -> None:
    answer = ada._http.request(method, path, headers=VERSION)
    assert answer.status_code == status
    assert answer.headers["tus-resumable"] == "1.0.0"


@pytest.mark.parametrize("offset", [1, 5, 11, 999])
def test_a_wrong_offset_is_409(ada: Caller, offset: int) -> None:
    tus = Tus(ada)
    tus.create(10)
    tus.send(0, b"0123")
    answer = tus.send(offset, b"x")
    assert (answer.status_code, answer.headers["tus-resumable"]) == (409, "1.0.0")
    assert tus.offset() == 4


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.0", "0x0", "9" * 30])
def test_an_offset_that_is_not_a_number_is_400(ada: Caller, offset: str) -> None:
    tus = Tus(ada)
    tus.create(10)
    assert tus.send(offset, b"x").status_code == 400


def test_more_bytes_than_announced_are_413(ada: Caller) -> None:
    tus = Tus(ada)
    tus.create(10)
    assert tus.send(0, b"0123").status_code == 204
    assert tus.send(4, b"4567890").status_code == 413
    assert tus.offset() == 4


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0.1"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_another_tus_version_is_412(ada: Caller, method: str, version: str | None) -> None:
    tus = Tus(ada)
    tus.create(10)
    path = "/v1/uploads" if method == "POST" else tus.location
    headers = {"upload-length": "1", "upload-offset": "0", "content-type": STREAM}
    headers |= {} if version is None else {"tus-resumable": version}
    answer = ada._http.request(method, path, headers=headers)
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "text/plain"])
def test_another_content_type_than_that_of_tus_is_415(ada: Caller, content_type: str) -> None:
    tus = Tus(ada)
    tus.create(10)
    assert tus.send(0, b"x", content_type=content_type).status_code == 415
    assert tus.offset() == 0


@pytest.mark.parametrize("size", ["", "-1", "x", "1e3", "9" * 30])
def test_a_size_that_is_not_a_number_is_400(ada: Caller, size: str) -> None:
    assert Tus(ada).create(size).status_code == 400


def test_an_announced_size_over_the_limit_is_413(ada: Caller) -> None:
    assert Tus(ada).create((100 << 20) + 1).status_code == 413


@pytest.mark.parametrize("checksum", ["crc32 AAAA", "sha1", "sha1 ???", "x"])
def test_unknown_checksums_are_400(ada: Caller, checksum: str) -> None:
    tus = Tus(ada)
    tus.create(10)
    assert tus.send(0, b"01234", upload_checksum=checksum).status_code == 400
    assert tus.offset() == 0


def test_S11_only_its_owner_can_use_an_upload(ada: Caller, bob: Caller) -> None:
    tus = Tus(ada)
    tus.create(10)
    thief = Tus(bob, tus.location)
    assert thief.send(0, b"0123456789").status_code == 404
    assert bob._http.head(tus.location, headers=VERSION).status_code == 404
    assert bob._http.delete(tus.location, headers=VERSION).status_code == 404
    assert tus.send(0, b"0123456789").status_code == 204
    assert bob._http.head(tus.location, headers=VERSION).status_code == 404


def test_S17_the_content_of_an_upload_is_checked_at_its_end(ada: Caller) -> None:
    tus = Tus(ada)
    kind = f"filename {encoded('a.png')},filetype {encoded('image/png')}"
    tus.create(12, kind)
    assert tus.send(0, b"<html>").status_code == 204
    answer = tus.send(6, b"<html>")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_file")
    assert ada._http.head(tus.location, headers=VERSION).status_code == 404
