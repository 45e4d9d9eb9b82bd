"""Avatars, and the `about` line of a user."""

import pytest
from PIL import Image

from tests.support import media
from tests.support.api import Api, Caller, Json


def square(side: int = 64, kind: str = "PNG") -> bytes:
    return media.encoded(Image.new("RGB", (side, side), "teal"), kind)


def upload(caller: Caller, content: bytes, name: str = "holiday.png") -> str:
    answer = caller.ask("POST", "/v1/files", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    file_id: str = answer.json()["id"]
    return file_id


def profile_events(caller: Caller) -> list[Json]:
    events = caller.get("/v1/sync")["events"]
    return [each["data"] for each in events if each["kind"] == "profile"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_avatar_can_be_fetched_without_a_login(
    api: Api, ada: Caller, bob: Caller, kind: str
) -> None:
    ada.send(bob, "hello")
    assert ada.get("/v1/me")["avatar_url"] is None
    file_id = upload(ada, square(kind=kind))
    url = ada.done("PUT", "/v1/me/avatar", json={"file_id": file_id})["avatar_url"]
    assert bob.get(f"/v1/users/{ada.username}")["avatar_url"] == url
    assert bob.get("/v1/conversations")["items"][0]["peer"]["avatar_url"] == url
    assert profile_events(bob) == profile_events(ada) == [{"user_id": ada.id}]
    shown = api.anonymous._http.get(url)
    assert (shown.status_code, shown.headers["content-type"]) == (200, f"image/{kind.lower()}")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "holiday" not in shown.headers["content-disposition"]
    assert api.anonymous._http.get(url, headers={"range": "bytes=0-3"}).content == shown.content[:4]
    other = ada.done("PUT", "/v1/me/avatar", json={"file_id": upload(ada, square(32))})
    assert other["avatar_url"] != url
    assert api.anonymous._http.get(url).status_code == 404
    ada.done("DELETE", "/v1/me/avatar")
    assert ada.get("/v1/me")["avatar_url"] is None
    assert api.anonymous._http.get(other["avatar_url"]).status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (media.png(), 400, "square"),
        (square(1_025), 400, "1,024 pixels"),
        (media.encoded(Image.effect_noise((1_024, 1_024), 90).convert("RGB"), "PNG"), 413, "bytes"),
        (b"no picture", 415, "JPEG, PNG or WebP"),
        (square(kind="GIF"), 415, "JPEG, PNG or WebP"),
    ],
    ids=["oblong", "wide", "large", "text", "gif"],
)
def test_S17_an_avatar_is_a_small_square_picture(
    ada: Caller, content: bytes, status: int, words: str
) -> None:
    wanted = {"file_id": upload(ada, content, "a")}
    problem = ada.refused(status, "PUT", "/v1/me/avatar", json=wanted)
    assert (problem["field"], words in problem["detail"]) == ("file_id", True)


def test_S11_no_file_of_another_user_becomes_an_avatar(api: Api, ada: Caller, bob: Caller) -> None:
    file_id = upload(ada, square())
    ada.send(bob, "look", files=[file_id])
    for wanted in (file_id, "nothing"):
        bob.refused(404, "PUT", "/v1/me/avatar", json={"file_id": wanted})
    assert api.anonymous._http.get(f"/v1/avatars/{file_id}").status_code == 404


def test_an_avatar_cannot_be_deleted_as_a_file(api: Api, ada: Caller) -> None:
    file_id = upload(ada, square())
    url = ada.done("PUT", "/v1/me/avatar", json={"file_id": file_id})["avatar_url"]
    headers = {"tus-resumable": "1.0.0"}
    assert ada.ask("DELETE", f"/v1/uploads/{file_id}", headers=headers).status_code == 409
    assert api.anonymous._http.get(url).status_code == 200


def test_about_is_one_short_line(ada: Caller, bob: Caller) -> None:
    line = "Counting 🐑, since 1842"
    assert ada.done("PATCH", "/v1/me", json={"about": f" {line} "})["about"] == line
    assert bob.get(f"/v1/users/{ada.id}")["about"] == line
    for wrong in ("x" * 141, "two\nlines", "\u202etfel"):
        assert ada.refused(400, "PATCH", "/v1/me", json={"about": wrong})["field"] == "about"
    assert ada.done("PATCH", "/v1/me", json={"about": ""})["about"] == ""
